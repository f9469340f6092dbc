/* How a handler runs: its mask, its stack, and what it is told. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "conformance/check.h"
#include "conformance/signal_help.h"

/* How deep handlers have been nested, and how often one ran. */
static volatile sig_atomic_t depth, deepest, runs;
static volatile sig_atomic_t raised_inside;

static void nest(int number)
{
	(void)number;
	depth++;
	if (depth > deepest)
		deepest = depth;
	runs++;
	if (runs == 1)
		raise((int)raised_inside);
	depth--;
}

enum nesting { DEFERRED, NODEFER, MASKED, OTHER };

/* A handler raises a signal: the same one, or another. Which may interrupt it? */
static void nodefer_mask(struct scene *scene)
{
	enum nesting way = (enum nesting)scene->number;
	struct sigaction action = { .sa_handler = nest,
		.sa_flags = way == NODEFER ? SA_NODEFER : 0 };

	sigemptyset(&action.sa_mask);
	SETUP(scene, sigaction(SIGUSR2, &action, NULL));
	if (way == MASKED)
		sigaddset(&action.sa_mask, SIGUSR2);
	SETUP(scene, sigaction(SIGUSR1, &action, NULL));
	raised_inside = way == MASKED || way == OTHER ? SIGUSR2 : SIGUSR1;
	SETUP(scene, raise(SIGUSR1));
	EXPECT_INT(scene, runs, 2);
	EXPECT_INT(scene, deepest, way == NODEFER || way == OTHER ? 2 : 1);
}

static void block_usr2(int number)
{
	sigset_t set = signal_set(SIGUSR2);

	(void)number;
	sigprocmask(SIG_BLOCK, &set, NULL);
}

static void mask_restored(struct scene *scene)
{
	struct sigaction action = { .sa_handler = block_usr2 };

	sigemptyset(&action.sa_mask);
	sigaddset(&action.sa_mask, SIGTERM);
	SETUP(scene, sigaction(SIGUSR1, &action, NULL));
	signal_block(scene, SIGHUP);
	SETUP(scene, raise(SIGUSR1));
	EXPECT(scene, signal_is_blocked(scene, SIGHUP),
		"what was blocked before is not any more");
	EXPECT(scene, !signal_is_blocked(scene, SIGUSR1),
		"the handled signal stays blocked");
	EXPECT(scene, !signal_is_blocked(scene, SIGTERM), "sa_mask stays in force");
	EXPECT(scene, !signal_is_blocked(scene, SIGUSR2),
		"what the handler blocked stays blocked");
}

static void change_errno(int number)
{
	(void)number;
	errno = ENOTTY;
}

/* A handler's change of errno is seen by what it interrupted: nobody saves it. */
static void errno_not_saved(struct scene *scene)
{
	struct sigaction action = { .sa_handler = change_errno };

	SETUP(scene, sigaction(SIGUSR1, &action, NULL));
	errno = 0;
	SETUP(scene, raise(SIGUSR1));
	EXPECT_INT(scene, errno, ENOTTY);
}

static volatile uintptr_t frame;
static volatile sig_atomic_t stack_flags;

static void look_at_stack(int number)
{
	stack_t now = { 0 };

	(void)number;
	frame = (uintptr_t)__builtin_frame_address(0);
	sigaltstack(NULL, &now);
	stack_flags = now.ss_flags;
}

/* Makes memory the alternate stack, with room to spare. Returns its beginning. */
static uintptr_t alternate_stack(struct scene *scene, size_t *size)
{
	stack_t stack;

	*size = 65536 + (size_t)SIGSTKSZ;
	stack = (stack_t) { .ss_sp = scene_memory(scene, *size), .ss_size = *size };
	EXPECT_OK(scene, sigaltstack(&stack, NULL));
	return (uintptr_t)stack.ss_sp;
}

static void altstack(struct scene *scene)
{
	bool is_asked = scene->number == SA_ONSTACK;
	struct sigaction action = { .sa_handler = look_at_stack,
		.sa_flags = (int)scene->number };
	size_t size;
	uintptr_t stack = alternate_stack(scene, &size);

	SETUP(scene, sigaction(SIGUSR1, &action, NULL));
	SETUP(scene, raise(SIGUSR1));
	EXPECT(scene, (frame - stack < size) == is_asked, "the handler ran %s it",
		frame - stack < size ? "on" : "beside");
	EXPECT_INT(scene, stack_flags, is_asked ? SS_ONSTACK : 0);
	look_at_stack(0);
	EXPECT_INT(scene, stack_flags, 0);
}

static stack_t another_stack;
static volatile sig_atomic_t busy_result, busy_error;

static void change_stack(int number)
{
	(void)number;
	busy_result = sigaltstack(&another_stack, NULL);
	busy_error = errno;
}

static void altstack_busy(struct scene *scene)
{
	struct sigaction action = { .sa_handler = change_stack, .sa_flags = SA_ONSTACK };
	size_t size;

	alternate_stack(scene, &size);
	another_stack = (stack_t) { .ss_sp = scene_memory(scene, size), .ss_size = size };
	SETUP(scene, sigaction(SIGUSR1, &action, NULL));
	SETUP(scene, raise(SIGUSR1));
	errno = (int)busy_error;
	EXPECT_ERROR(scene, busy_result, EPERM);
}

static void altstack_refused(struct scene *scene)
{
	static char memory[16];
	stack_t small = { .ss_sp = memory, .ss_size = 1 };
	stack_t flagged = { .ss_sp = memory, .ss_size = sizeof memory, .ss_flags = 0xff };
	stack_t none = { .ss_flags = SS_DISABLE }, now;

	/* A sanitizer has set one. */
	SETUP(scene, sigaltstack(&none, NULL));
	EXPECT_ERROR(scene, sigaltstack(&small, NULL), ENOMEM);
	EXPECT_ERROR(scene, sigaltstack(&flagged, NULL), EINVAL);
	EXPECT_OK(scene, sigaltstack(NULL, &now));
	EXPECT(scene, now.ss_flags == SS_DISABLE, "a refused stack was taken: flags 0x%x",
		(unsigned)now.ss_flags);
}

static void rescued(int number)
{
	_exit(number == SIGSEGV ? 7 : 1);
}

/* Uses up the stack, whatever the optimizer makes of it. */
static int devour(int level)
{
	volatile char block[4096];

	block[level & 4095] = (char)level;
	return level < 0 ? 0 : devour(level + 1) + block[(level + 1) & 4095];
}

static void altstack_overflow(struct scene *scene)
{
	struct sigaction action = { .sa_handler = rescued, .sa_flags = SA_ONSTACK };
	pid_t child = scene_fork(scene);

	if (child == 0) {
		struct rlimit limit;
		size_t size;

		SETUP(scene, getrlimit(RLIMIT_STACK, &limit));
		limit.rlim_cur = 1 << 20;
		SETUP(scene, setrlimit(RLIMIT_STACK, &limit));
		alternate_stack(scene, &size);
		SETUP(scene, sigaction(SIGSEGV, &action, NULL));
		_exit(devour(0) & 1);
	}
	EXPECT_EXIT(scene, child, 7);
}

static void siginfo_user(struct scene *scene)
{
	pid_t sender;

	signal_record(scene, SIGUSR1, 0);
	sender = scene_fork(scene);
	if (sender == 0) {
		EXPECT_OK(scene, kill(getppid(), SIGUSR1));
		_exit(0);
	}
	EXPECT_EXIT(scene, sender, 0);
	EXPECT_INT(scene, signal_recorded(), 1);
	EXPECT_INT(scene, signal_delivery(0).code, SI_USER);
	EXPECT_INT(scene, signal_delivery(0).pid, sender);
	EXPECT_INT(scene, signal_delivery(0).uid, getuid());
}

static sigjmp_buf way_out;
static volatile sig_atomic_t fault_signal, fault_code;
static volatile uintptr_t fault_address;

static void escape(int number, siginfo_t *info, void *context)
{
	(void)context;
	fault_signal = number;
	fault_code = info->si_code;
	fault_address = (uintptr_t)info->si_addr;
	siglongjmp(way_out, 1);
}

enum fault { FAULT_UNMAPPED, FAULT_FORBIDDEN, FAULT_BEYOND_FILE };

/* An address that cannot be written to, in the way asked for. */
static volatile char *bad_address(struct scene *scene)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *memory = SETUP_POINTER(scene,
		mmap(NULL, 2 * page, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
	char path[] = "fileXXXXXX";
	int fd;

	if (scene->number == FAULT_UNMAPPED)
		SETUP(scene, munmap(memory, 2 * page));
	if (scene->number == FAULT_BEYOND_FILE) {
		fd = SETUP(scene, mkstemp(path));
		SETUP(scene, ftruncate(fd, (off_t)page));
		memory = SETUP_POINTER(
			scene, mmap(memory, 2 * page, PROT_READ | PROT_WRITE,
				       MAP_SHARED | MAP_FIXED, fd, 0));
	}
	return memory + page + 24;
}

static void fault_info(struct scene *scene)
{
	static const int codes[] = { SEGV_MAPERR, SEGV_ACCERR, BUS_ADRERR };
	bool is_bus = scene->number == FAULT_BEYOND_FILE;
	struct sigaction action = { .sa_sigaction = escape, .sa_flags = SA_SIGINFO };
	static volatile char *volatile bad;

	SETUP(scene, sigaction(SIGSEGV, &action, NULL));
	SETUP(scene, sigaction(SIGBUS, &action, NULL));
	bad = bad_address(scene);
	if (sigsetjmp(way_out, 1) == 0) {
		*bad = 1;
		EXPECT(scene, false, "the memory could be written to");
	}
	EXPECT_INT(scene, fault_signal, is_bus ? SIGBUS : SIGSEGV);
	EXPECT_INT(scene, fault_code, codes[scene->number]);
	EXPECT(scene, fault_address == (uintptr_t)bad, "si_addr is %td bytes off",
		(ptrdiff_t)(fault_address - (uintptr_t)bad));
	/* A handler was left without returning; its signal must not stay blocked. */
	EXPECT(scene, !signal_is_blocked(scene, (int)fault_signal),
		"siglongjmp() leaves it blocked");
}

static const struct value nestings[] = { { "deferred", DEFERRED }, { "nodefer", NODEFER },
	{ "masked", MASKED }, { "other", OTHER }, { NULL, 0 } };

static const struct value stacks[] = { { "asked", SA_ONSTACK }, { "not_asked", 0 },
	{ NULL, 0 } };

static const struct value faults[] = { { "unmapped", FAULT_UNMAPPED },
	{ "forbidden", FAULT_FORBIDDEN }, { "beyond_file", FAULT_BEYOND_FILE },
	{ NULL, 0 } };

static const struct check checks[] = {
	{ .id = "signal.nodefer_mask", .run = nodefer_mask, .values = nestings },
	{ .id = "signal.mask_restored", .run = mask_restored },
	{ .id = "signal.errno_not_saved", .run = errno_not_saved },
	{ .id = "signal.altstack", .run = altstack, .values = stacks },
	{ .id = "signal.altstack_busy", .run = altstack_busy },
	{ .id = "signal.altstack_refused", .run = altstack_refused },
	{ .id = "signal.altstack_overflow", .run = altstack_overflow },
	{ .id = "signal.siginfo_user", .run = siginfo_user },
	{ .id = "signal.fault_info", .run = fault_info, .values = faults },
	{ .id = NULL },
};

const struct suite signal_handler_suite = { "signal_handler", checks };
