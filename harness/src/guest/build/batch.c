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
#include <linux/minmax.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <asm/syscall.h>
#include <asm/unistd.h>
#if __has_include(<linux/panic_notifier.h>)
#include <linux/panic_notifier.h>
#endif

extern const sys_call_ptr_t sys_call_table[];

/*
 * One call. `watched` is what stood at the list's `watch` when it was done. With `depends` it is made only if the one
 * before it was, and without an error.
 */
struct batch_call {
	__u64 number;
	__u64 arguments[6];
	__s64 result;
	__u64 watched;
	__u64 caller;
	__u64 depends;
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

/* So many calls are fetched, made and told of at once: finding the caller's memory takes longer than copying it. */
#define BATCH_PART 64

static void batch_make_one(struct batch_call *call, bool good)
{
	const __u64 *a = call->arguments;

	batch_caller = call->caller;
	if (call->depends && !good)
		call->result = -ECANCELED;
	else if (call->number >= __NR_syscalls)
		call->result = -ENOSYS;
	else
		call->result = sys_call_table[call->number](a[0], a[1], a[2], a[3], a[4], a[5]);
}

static long batch_make(struct file *file, unsigned int command, unsigned long argument)
{
	struct batch_call *calls = file->private_data;
	struct batch_call __user *at;
	struct batch_list list;
	__u64 __user *watch;
	__u64 count, i;
	bool good = true;
	long failed = 0;

	if (command != BATCH_MAKE)
		return -ENOTTY;
	if (copy_from_user(&list, (void __user *)argument, sizeof(list)))
		return -EFAULT;
	watch = u64_to_user_ptr(list.watch);
	for (at = u64_to_user_ptr(list.calls); list.count && !failed; list.count -= count, at += count) {
		count = min_t(__u64, list.count, BATCH_PART);
		if (copy_from_user(calls, at, count * sizeof(*calls)))
			return -EFAULT;
		for (i = 0; i < count; i++) {
			batch_make_one(&calls[i], good);
			good = calls[i].result >= 0;
			if (watch && get_user(calls[i].watched, watch))
				failed = -EFAULT;
		}
		batch_caller = NOBODY;
		if (copy_to_user(at, calls, count * sizeof(*calls)))
			failed = -EFAULT;
	}
	return failed;
}

static int batch_open(struct inode *inode, struct file *file)
{
	file->private_data = kmalloc_array(BATCH_PART, sizeof(struct batch_call), GFP_KERNEL);
	return file->private_data ? 0 : -ENOMEM;
}

static int batch_release(struct inode *inode, struct file *file)
{
	kfree(file->private_data);
	return 0;
}

static const struct file_operations batch_operations = {
	.owner = THIS_MODULE,
	.open = batch_open,
	.release = batch_release,
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
