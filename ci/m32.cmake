# Toolchain: 32 bits on a 64-bit x86.
set(CMAKE_C_COMPILER gcc)
set(CMAKE_C_FLAGS_INIT -m32)
