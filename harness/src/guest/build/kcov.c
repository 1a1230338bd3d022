/*
 * Tells each place once, for whoever collects, in whatever context it is reached: packets that come through a TUN
 * device run in softirqs, timers on the idle task. A guest has one processor, so nothing races but interrupts.
 */
static struct task_struct *collector;
#define FIRST_SEEN_BITS (1ul << 26)
static unsigned long first_seen[FIRST_SEEN_BITS / BITS_PER_LONG];

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
}

static void notrace __maybe_unused stock_trace_pc(void)
{
