/*
 * Tells each place once, for whoever collects, in whatever context it is reached: packets that come through a TUN
 * device run in softirqs, timers on the idle task. A guest has one processor, so nothing races but interrupts.
 */
static struct task_struct *collector;
#define FIRST_SEEN_BITS (1ul << 26)
static unsigned long first_seen[FIRST_SEEN_BITS / BITS_PER_LONG];
static bool text_is_writable;

/* arch/um/os-Linux/process.c */
int os_protect_memory(void *addr, unsigned long len, int r, int w, int x);

static void notrace make_text_writable(void)
{
	char *begin = (char *)((unsigned long)_stext & PAGE_MASK);

	text_is_writable = !os_protect_memory(begin, PAGE_ALIGN(_etext - begin), 1, 1, 1);
}

void notrace __sanitizer_cov_trace_pc(void);

/*
 * What has told its place need not call any more: the call, five octets, becomes an instruction that does nothing. It is
 * written at once, with the three octets behind it, so that an interrupt finds the one or the other.
 */
static void notrace silence(unsigned long after)
{
	unsigned char *call = (unsigned char *)after - 5;
	u64 *text = (u64 *)call;

	if (text_is_writable && *call == 0xe8 &&
	    after + *(s32 *)(call + 1) == (unsigned long)__sanitizer_cov_trace_pc)
		WRITE_ONCE(*text, (*text & ~0xffffffffffull) | 0x441f0full);
}

void notrace __sanitizer_cov_trace_pc(void)
{
	struct task_struct *t = READ_ONCE(collector);
	unsigned long at, pos, bit, *area, *word;

	if (!t)
		return;
	at = _RET_IP_ - (unsigned long)_stext;
	if (at >= FIRST_SEEN_BITS)
		return;
	word = &first_seen[at / BITS_PER_LONG];
	bit = 1ul << (at % BITS_PER_LONG);
	if (*word & bit)
		return;
	area = t->kcov_area;
	pos = READ_ONCE(area[0]) + 1;
	if (pos >= t->kcov_size)
		return;
	*word |= bit;
	WRITE_ONCE(area[0], pos);
	barrier();
	area[pos] = _RET_IP_;
	silence(_RET_IP_);
}

static void notrace __maybe_unused stock_trace_pc(void)
{
