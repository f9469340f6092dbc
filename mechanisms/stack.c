/* stack.c: what it costs to go on elsewhere without asking the kernel: on another stack
 * of the same thread, and in a function. Each is a round trip, there and back. */
#include <errno.h>
#include <stdint.h>
#include <sys/mman.h>

#include "mechanisms/mechanism.h"

/* ipcmark_stack_switch(&from, to) keeps what the calling convention says a function must
 * preserve on the present stack, leaves the stack pointer in *from and goes on where `to`
 * was left. The kernel is not asked: swapcontext(3) would ask it for the signal mask,
 * twice a round trip. The last step is a jump: a CPU foretells that a return leads to
 * where the last call came from, and would be wrong each time. */
#if defined(__x86_64__) && !defined(__ILP32__)
#define STACK_WORDS   7 /* six registers and the return address */
#define STACK_ADDRESS 6
__asm__(".text\n"
	".globl ipcmark_stack_switch\n"
	".hidden ipcmark_stack_switch\n"
	".type ipcmark_stack_switch, @function\n"
	"ipcmark_stack_switch:\n"
	"	pushq %rbp\n"
	"	pushq %rbx\n"
	"	pushq %r12\n"
	"	pushq %r13\n"
	"	pushq %r14\n"
	"	pushq %r15\n"
	"	movq %rsp, (%rdi)\n"
	"	movq %rsi, %rsp\n"
	"	popq %r15\n"
	"	popq %r14\n"
	"	popq %r13\n"
	"	popq %r12\n"
	"	popq %rbx\n"
	"	popq %rbp\n"
	"	popq %rcx\n"
	"	jmp *%rcx\n"
	".size ipcmark_stack_switch, . - ipcmark_stack_switch\n");
#elif defined(__i386__)
#define STACK_WORDS   5
#define STACK_ADDRESS 4
__asm__(".text\n"
	".globl ipcmark_stack_switch\n"
	".hidden ipcmark_stack_switch\n"
	".type ipcmark_stack_switch, @function\n"
	"ipcmark_stack_switch:\n"
	"	movl 4(%esp), %eax\n"
	"	movl 8(%esp), %edx\n"
	"	pushl %ebp\n"
	"	pushl %ebx\n"
	"	pushl %esi\n"
	"	pushl %edi\n"
	"	movl %esp, (%eax)\n"
	"	movl %edx, %esp\n"
	"	popl %edi\n"
	"	popl %esi\n"
	"	popl %ebx\n"
	"	popl %ebp\n"
	"	popl %ecx\n"
	"	jmp *%ecx\n"
	".size ipcmark_stack_switch, . - ipcmark_stack_switch\n");
#elif defined(__aarch64__)
#define STACK_WORDS   20 /* x19 to x30, d8 to d15 */
#define STACK_ADDRESS 11
__asm__(".text\n"
	".globl ipcmark_stack_switch\n"
	".hidden ipcmark_stack_switch\n"
	".type ipcmark_stack_switch, %function\n"
	"ipcmark_stack_switch:\n"
	"	sub sp, sp, #160\n"
	"	stp x19, x20, [sp]\n"
	"	stp x21, x22, [sp, #16]\n"
	"	stp x23, x24, [sp, #32]\n"
	"	stp x25, x26, [sp, #48]\n"
	"	stp x27, x28, [sp, #64]\n"
	"	stp x29, x30, [sp, #80]\n"
	"	stp d8, d9, [sp, #96]\n"
	"	stp d10, d11, [sp, #112]\n"
	"	stp d12, d13, [sp, #128]\n"
	"	stp d14, d15, [sp, #144]\n"
	"	mov x9, sp\n"
	"	str x9, [x0]\n"
	"	mov sp, x1\n"
	"	ldp x19, x20, [sp]\n"
	"	ldp x21, x22, [sp, #16]\n"
	"	ldp x23, x24, [sp, #32]\n"
	"	ldp x25, x26, [sp, #48]\n"
	"	ldp x27, x28, [sp, #64]\n"
	"	ldp x29, x30, [sp, #80]\n"
	"	ldp d8, d9, [sp, #96]\n"
	"	ldp d10, d11, [sp, #112]\n"
	"	ldp d12, d13, [sp, #128]\n"
	"	ldp d14, d15, [sp, #144]\n"
	"	add sp, sp, #160\n"
	"	br x30\n"
	".size ipcmark_stack_switch, . - ipcmark_stack_switch\n");
#endif

struct stacks {
	void *main, *other; /* stack pointers of whichever is not running */
	uint64_t visits; /* counted on the other stack */
	void *memory;
};

#define STACK_SIZE ((size_t)64 << 10)

#ifdef STACK_WORDS
void ipcmark_stack_switch(void **from, void *to);

/* The other stack begins here, and has no argument but this. */
static struct stacks *stacks_here;

static void visit(void)
{
	struct stacks *stacks = stacks_here;

	for (;;) {
		stacks->visits++;
		ipcmark_stack_switch(&stacks->other, stacks->main);
	}
}

static int user_probe(struct why *why)
{
	(void)why;
	return 0;
}

/* A stack as if visit() had been left just before its first instruction. */
static int user_attach(struct channel *channel)
{
	struct stacks *stacks = channel->own;
	uintptr_t *top;

	if (channel->side == 1)
		return 0;
	stacks->memory = mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
	if (stacks->memory == MAP_FAILED) {
		stacks->memory = NULL;
		return why_say(channel->why, errno, "floor_switch_user: map a stack");
	}
	/* A function is entered with its return address below an aligned place; on the
	 * ARM that address is in a register and the stack pointer itself is aligned. */
	top = (uintptr_t *)(void *)((char *)stacks->memory + STACK_SIZE - 64);
#ifdef __aarch64__
	top -= STACK_WORDS;
#else
	top -= STACK_WORDS + 1;
#endif
	top[STACK_ADDRESS] = (uintptr_t)visit;
	stacks->other = top;
	stacks_here = stacks;
	return 0;
}

static int user_work(struct channel *channel, size_t size, uint64_t count)
{
	struct stacks *stacks = channel->own;
	uint64_t visits = stacks->visits + count;

	(void)size;
	for (uint64_t i = 0; i < count; i++)
		ipcmark_stack_switch(&stacks->main, stacks->other);
	if (stacks->visits != visits)
		return why_say(channel->why, EPROTO,
			"floor_switch_user: the other stack was not visited each time");
	return 0;
}
#else
static int user_probe(struct why *why)
{
	why_say(why, ENOTSUP, "floor_switch_user: no switch is written for this CPU");
	return -ENOTSUP;
}

static int user_attach(struct channel *channel)
{
	return user_probe(channel->why);
}

static int user_work(struct channel *channel, size_t size, uint64_t count)
{
	(void)size;
	(void)count;
	return user_probe(channel->why);
}
#endif

static void user_detach(struct channel *channel)
{
	struct stacks *stacks = channel->own;

	if (stacks->memory)
		munmap(stacks->memory, STACK_SIZE);
	stacks->memory = NULL;
}

const struct mechanism floor_switch_user_mechanism = {
	.name = "floor_switch_user",
	.title = "user-level switch",
	.family = "floor",
	.cite = "calling convention",
	.says = "to another stack of the same thread and back, without the kernel",
	.caps = CAP_FLOOR | CAP_SOLO,
	.tests = TEST_BIT(TEST_LATENCY),
	.own_size = sizeof(struct stacks),
	.probe = user_probe,
	.attach = user_attach,
	.work = user_work,
	.detach = user_detach,
};

/* --- a function
 * ------------------------------------------------------------------------- */

static __attribute__((noinline)) void called(void)
{
	__asm__ volatile("" ::: "memory");
}

/* Volatile: the compiler must not know where it leads. */
static void (*volatile function)(void) = called;

static int function_work(struct channel *channel, size_t size, uint64_t count)
{
	(void)channel;
	(void)size;
	for (uint64_t i = 0; i < count; i++)
		function();
	return 0;
}

const struct mechanism floor_function_mechanism = {
	.name = "floor_function",
	.title = "function call",
	.family = "floor",
	.cite = "calling convention",
	.says = "an indirect call and its return",
	.caps = CAP_FLOOR | CAP_SOLO,
	.tests = TEST_BIT(TEST_LATENCY),
	.work = function_work,
};
