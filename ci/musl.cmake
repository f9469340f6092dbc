# Toolchain: musl, linked statically.
#
# musl-tools leaves the kernel's headers out of the compiler's path, and the directory they
# are in holds those of glibc too. A directory of links offers them alone, after musl's own.
set(CMAKE_C_COMPILER musl-gcc)
set(CMAKE_EXE_LINKER_FLAGS_INIT -static)

execute_process(COMMAND gcc -print-multiarch
  OUTPUT_VARIABLE multiarch OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
set(kernel_headers ${CMAKE_BINARY_DIR}/kernel-headers)
file(MAKE_DIRECTORY ${kernel_headers})
foreach(name linux asm asm-generic)
  foreach(directory /usr/include/${multiarch} /usr/include)
    if(IS_DIRECTORY ${directory}/${name} AND NOT EXISTS ${kernel_headers}/${name})
      file(CREATE_LINK ${directory}/${name} ${kernel_headers}/${name} SYMBOLIC)
    endif()
  endforeach()
endforeach()
set(CMAKE_C_FLAGS_INIT "-idirafter ${kernel_headers}")
