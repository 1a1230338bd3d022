// SPDX-License-Identifier: GPL-2.0
/*
 * Many system calls for the price of one. In a guest the way into the kernel and back takes longer than most calls
 * themselves, as two processes of the host hand over to each other. The file `batch` of debugfs takes a list of
 * calls and makes them one after the other, each as if the caller had made it alone.
 *
 * Not for calls that need the caller's registers (fork, exec, sigreturn). A call that sleeps holds up those behind it.
 */
#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/notifier.h>
#include <linux/printk.h>
#include <linux/uaccess.h>
#include <asm/syscall.h>
#include <asm/unistd.h>
#if __has_include(<linux/panic_notifier.h>)
#include <linux/panic_notifier.h>
#endif

extern const sys_call_ptr_t sys_call_table[];

/* One call. `watched` is what stood at the list's `watch` when it was done. */
struct batch_call {
	__u64 number;
	__u64 arguments[6];
	__s64 result;
	__u64 watched;
	__u64 caller;
};

struct batch_list {
	__u64 calls;
	__u64 count;
	/* The address of a word of the caller's; 0: nothing is watched. */
	__u64 watch;
};

#define BATCH_MAKE _IOW('b', 1, struct batch_list)
#define NOBODY (~0ull)

/* Whose call is being made. */
static __u64 batch_caller = NOBODY;

static long batch_make(struct file *file, unsigned int command, unsigned long argument)
{
	struct batch_list list;
	struct batch_call call;
	struct batch_call __user *at;
	__u64 __user *watch;
	const __u64 *a = call.arguments;
	long failed = 0;

	if (command != BATCH_MAKE)
		return -ENOTTY;
	if (copy_from_user(&list, (void __user *)argument, sizeof(list)))
		return -EFAULT;
	watch = u64_to_user_ptr(list.watch);
	for (at = u64_to_user_ptr(list.calls); list.count && !failed; list.count--, at++) {
		if (copy_from_user(&call, at, sizeof(call))) {
			failed = -EFAULT;
			break;
		}
		batch_caller = call.caller;
		call.result = call.number < __NR_syscalls ?
			sys_call_table[call.number](a[0], a[1], a[2], a[3], a[4], a[5]) : -ENOSYS;
		if (put_user(call.result, &at->result))
			failed = -EFAULT;
		else if (watch && (get_user(call.watched, watch) || put_user(call.watched, &at->watched)))
			failed = -EFAULT;
	}
	batch_caller = NOBODY;
	return failed;
}

static const struct file_operations batch_operations = {
	.owner = THIS_MODULE,
	.unlocked_ioctl = batch_make,
};

/* Says in whose call the kernel broke down. */
static int batch_panic(struct notifier_block *block, unsigned long event, void *words)
{
	if (batch_caller != NOBODY)
		pr_emerg("batch: in a call of caller %llu\n", batch_caller);
	return NOTIFY_DONE;
}

/* Before the one that ends the guest, which is the second. */
static struct notifier_block batch_notifier = { .notifier_call = batch_panic, .priority = INT_MAX };

static int __init batch_init(void)
{
	debugfs_create_file_unsafe("batch", 0600, NULL, NULL, &batch_operations);
	atomic_notifier_chain_register(&panic_notifier_list, &batch_notifier);
	return 0;
}
device_initcall(batch_init);
