/*
 * lwIP's raw TCP API as plain sockets that never block, without its thread and without real time.
 *
 * Called by ../src/lib.rs only, one caller at a time. Start at shim_reset() and shim_input(). The library is built for
 * a thread of its own (NO_SYS 0); that thread is never started: packets come through shim_input(), time through the
 * three timers, and what lwIP tells its user is kept in `struct endpoint` until the user asks.
 *
 * Two things of the library are answered here instead:
 * - netif_loop_output(), for packets to the own address: lwIP would hand them to its thread.
 * - abort() of a failed LWIP_ASSERT: it ends the call, not the process; what it said is kept for shim_said().
 */
#include "shim.h"

#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lwip/init.h"
#include "lwip/ip.h"
#include "lwip/ip4_frag.h"
#include "lwip/netif.h"
#include "lwip/pbuf.h"
#include "lwip/priv/tcp_priv.h"
#include "lwip/sys.h"
#include "lwip/tcp.h"

/* The clock of a case starts here, in ticks of 500 ms: what lwIP adds to an ISS is not 0. */
#define FIRST_TICK 1000
/* Packets to oneself that are delivered at once; two that answer each other for ever go on with the next event. */
#define LOOP_BURST 64
/* Longer than the reassembly of a datagram may take, in calls of its timer. */
#define REASSEMBLY_AGE (IP_REASS_MAXAGE + 1)

struct packet {
    struct packet *next;
    size_t len;
    uint8_t bytes[];
};

struct queue {
    struct packet *first, *last;
};

/* What a user holds: a listener or a connection. Lives until the case ends. */
struct endpoint {
    struct endpoint *next;
    struct endpoint *to_accept; /* of a listener: the oldest; of a connection that waits: the next one */
    uint32_t id;
    int is_listener;
    int error;
    uint8_t eof, connected;
    struct shim_address remote;
    struct shim_options options;
    uint8_t *text;
    size_t text_len, text_room;
};

static struct netif wire;
static struct queue emitted, looped;
static struct endpoint *endpoints;
static uint32_t last_id;
static int is_open;

/* --- A failed assertion ends the call */

static __thread sigjmp_buf rescue;
static __thread volatile sig_atomic_t inside;
static struct sigaction before;
static FILE *saying;
static char *said;
static size_t said_len;

static void on_abort(int signal, siginfo_t *info, void *context)
{
    if (inside) {
        inside = 0;
        siglongjmp(rescue, 1);
    }
    if (before.sa_flags & SA_SIGINFO) {
        before.sa_sigaction(signal, info, context);
    } else if (before.sa_handler != SIG_DFL && before.sa_handler != SIG_IGN) {
        before.sa_handler(signal);
    }
    /* abort() goes on to end the process. */
}

static void forget_all(void);

/* Nothing that lwIP had is sure any more: its lists are let go, not walked. */
static void after_assertion(void)
{
    int level;
    for (level = 0; level < 8; level++) {
        sys_arch_unprotect(0);
    }
    tcp_active_pcbs = tcp_tw_pcbs = tcp_bound_pcbs = NULL;
    tcp_listen_pcbs.pcbs = NULL;
    tcp_input_pcb = NULL;
    memset(&ip_data, 0, sizeof ip_data);
    forget_all();
}

#define ENTER()                       \
    do {                              \
        if (sigsetjmp(rescue, 0)) {   \
            after_assertion();        \
            return SHIM_ASSERTION;    \
        }                             \
        inside = 1;                   \
    } while (0)

#define LEAVE(value)                  \
    do {                              \
        int leaving = (value);        \
        inside = 0;                   \
        return leaving;               \
    } while (0)

/* What lwIP printed before it stopped. */
const char *shim_said(void)
{
    fflush(saying);
    return said_len == 0 ? "" : said;
}

/* --- Packets */

static err_t put(struct queue *queue, const struct pbuf *p)
{
    struct packet *packet = malloc(sizeof *packet + p->tot_len);
    if (packet == NULL) {
        return ERR_MEM;
    }
    packet->next = NULL;
    packet->len = p->tot_len;
    pbuf_copy_partial(p, packet->bytes, p->tot_len, 0);
    if (queue->last == NULL) {
        queue->first = packet;
    } else {
        queue->last->next = packet;
    }
    queue->last = packet;
    return ERR_OK;
}

static void drop_first(struct queue *queue)
{
    struct packet *packet = queue->first;
    queue->first = packet->next;
    if (queue->first == NULL) {
        queue->last = NULL;
    }
    free(packet);
}

static err_t transmit(struct netif *netif, struct pbuf *p, const ip4_addr_t *to)
{
    LWIP_UNUSED_ARG(netif);
    LWIP_UNUSED_ARG(to);
    return put(&emitted, p);
}

/* Takes the place of the library's function of this name. */
err_t netif_loop_output(struct netif *netif, struct pbuf *p)
{
    LWIP_UNUSED_ARG(netif);
    return put(&looped, p);
}

static void deliver(const uint8_t *bytes, u16_t len)
{
    struct pbuf *p = pbuf_alloc(PBUF_RAW, len, PBUF_RAM);
    if (p == NULL) {
        return;
    }
    pbuf_take(p, bytes, len);
    if (wire.input(p, &wire) != ERR_OK) {
        pbuf_free(p);
    }
}

static void deliver_looped(void)
{
    int burst;
    for (burst = 0; looped.first != NULL && burst < LOOP_BURST; burst++) {
        struct packet *packet = looped.first;
        looped.first = packet->next;
        if (looped.first == NULL) {
            looped.last = NULL;
        }
        deliver(packet->bytes, (u16_t)packet->len);
        free(packet);
    }
}

int shim_input(const uint8_t *packet, uint16_t len)
{
    ENTER();
    if (len > 0) {
        deliver(packet, len);
    }
    deliver_looped();
    LEAVE(0);
}

/* The length of the oldest packet that lwIP sent; 0: none. */
size_t shim_emitted(void)
{
    return emitted.first == NULL ? 0 : emitted.first->len;
}

/* Moves that packet out. */
void shim_take(uint8_t *into)
{
    memcpy(into, emitted.first->bytes, emitted.first->len);
    drop_first(&emitted);
}

int shim_fast_timer(void)
{
    ENTER();
    tcp_fasttmr();
    deliver_looped();
    LEAVE(0);
}

int shim_slow_timer(void)
{
    ENTER();
    tcp_slowtmr();
    deliver_looped();
    LEAVE(0);
}

int shim_reassembly_timer(void)
{
    ENTER();
    ip_reass_tmr();
    LEAVE(0);
}

/* --- Life */

static err_t wire_init(struct netif *netif)
{
    netif->name[0] = 'v';
    netif->name[1] = 't';
    netif->mtu = 1500;
    netif->output = transmit;
    netif->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_LINK_UP;
    return ERR_OK;
}

const char *shim_version(void)
{
    return LWIP_VERSION_STRING;
}

/* Once per process. */
int shim_open(uint32_t address, uint32_t netmask)
{
    struct sigaction action;
    ip4_addr_t ip, mask, gateway;
    if (is_open) {
        return 0;
    }
    /* lwIP says on the standard output which assertion failed; that belongs to the report of a run. */
    saying = open_memstream(&said, &said_len);
    if (saying == NULL) {
        return ERR_MEM;
    }
    stdout = saying;
    memset(&action, 0, sizeof action);
    action.sa_sigaction = on_abort;
    action.sa_flags = SA_SIGINFO | SA_NODEFER;
    sigemptyset(&action.sa_mask);
    if (sigaction(SIGABRT, &action, &before) != 0) {
        return ERR_IF;
    }
    ENTER();
    lwip_init();
    ip4_addr_set_u32(&ip, lwip_htonl(address));
    ip4_addr_set_u32(&mask, lwip_htonl(netmask));
    ip4_addr_set_zero(&gateway);
    if (netif_add(&wire, &ip, &mask, &gateway, NULL, wire_init, ip_input) == NULL) {
        LEAVE(ERR_IF);
    }
    netif_set_default(&wire);
    netif_set_up(&wire);
    is_open = 1;
    LEAVE(0);
}

static void forget_all(void)
{
    while (endpoints != NULL) {
        struct endpoint *gone = endpoints;
        endpoints = gone->next;
        free(gone->text);
        free(gone);
    }
    while (emitted.first != NULL) {
        drop_first(&emitted);
    }
    while (looped.first != NULL) {
        drop_first(&looped);
    }
}

static void drop_all(struct tcp_pcb **list)
{
    while (*list != NULL) {
        (*list)->errf = NULL;
        tcp_abandon(*list, 0);
    }
}

/* The next ISS that lwIP makes is this one plus FIRST_TICK: it adds its ticks to the last one. */
static void set_iss(uint32_t iss)
{
    static struct tcp_pcb nobody;
    tcp_ticks = 0;
    tcp_ticks = iss - tcp_next_iss(&nobody);
    tcp_next_iss(&nobody);
    tcp_ticks = FIRST_TICK;
}

/* A new case: no connection, packet, fragment or time of an earlier one is left. */
int shim_reset(uint32_t iss, uint16_t mtu)
{
    int age;
    ENTER();
    drop_all(&tcp_active_pcbs);
    drop_all(&tcp_tw_pcbs);
    drop_all(&tcp_bound_pcbs);
    while (tcp_listen_pcbs.pcbs != NULL) {
        tcp_close(tcp_listen_pcbs.pcbs);
    }
    for (age = 0; age <= REASSEMBLY_AGE; age++) {
        ip_reass_tmr();
    }
    forget_all();
    last_id = 0;
    wire.mtu = mtu;
    set_iss(iss);
    LEAVE(0);
}

/* --- What lwIP tells its user */

static struct endpoint *endpoint_new(int is_listener, const struct shim_options *options)
{
    struct endpoint *made = calloc(1, sizeof *made);
    if (made != NULL) {
        made->id = ++last_id;
        made->is_listener = is_listener;
        made->options = *options;
        made->next = endpoints;
        endpoints = made;
    }
    return made;
}

static struct endpoint *endpoint_of(uint32_t id)
{
    struct endpoint *each;
    for (each = endpoints; each != NULL && each->id != id; each = each->next) {
    }
    return each;
}

static err_t on_recv(void *arg, struct tcp_pcb *pcb, struct pbuf *p, err_t err)
{
    struct endpoint *endpoint = arg;
    LWIP_UNUSED_ARG(pcb);
    LWIP_UNUSED_ARG(err);
    if (p == NULL) {
        endpoint->eof = 1;
        return ERR_OK;
    }
    if (endpoint->text_len + p->tot_len > endpoint->text_room) {
        size_t room = 2 * endpoint->text_room + p->tot_len;
        uint8_t *text = realloc(endpoint->text, room);
        if (text == NULL) {
            return ERR_MEM; /* lwIP keeps the data and tries again */
        }
        endpoint->text = text;
        endpoint->text_room = room;
    }
    pbuf_copy_partial(p, endpoint->text + endpoint->text_len, p->tot_len, 0);
    endpoint->text_len += p->tot_len;
    pbuf_free(p);
    return ERR_OK;
}

static void on_err(void *arg, err_t err)
{
    struct endpoint *endpoint = arg;
    if (endpoint != NULL) {
        endpoint->error = err;
    }
}

static err_t on_connected(void *arg, struct tcp_pcb *pcb, err_t err)
{
    struct endpoint *endpoint = arg;
    LWIP_UNUSED_ARG(pcb);
    LWIP_UNUSED_ARG(err);
    endpoint->connected = 1;
    return ERR_OK;
}

static void attach(struct tcp_pcb *pcb, struct endpoint *endpoint)
{
    const struct shim_options *options = &endpoint->options;
    tcp_arg(pcb, endpoint);
    tcp_recv(pcb, on_recv);
    tcp_err(pcb, on_err);
    if (options->ttl != 0) {
        pcb->ttl = options->ttl;
    }
    pcb->tos = options->tos;
    if (options->nodelay) {
        tcp_nagle_disable(pcb);
    }
    if (options->keepalive) {
        ip_set_option(pcb, SOF_KEEPALIVE);
    }
    if (options->keep_idle != 0) {
        pcb->keep_idle = options->keep_idle;
    }
    if (options->keep_interval != 0) {
        pcb->keep_intvl = options->keep_interval;
    }
    if (options->keep_count != 0) {
        pcb->keep_cnt = options->keep_count;
    }
}

static err_t on_accept(void *arg, struct tcp_pcb *pcb, err_t err)
{
    struct endpoint *listener = arg, *made, **last;
    if (err != ERR_OK || pcb == NULL || listener == NULL) {
        return ERR_VAL;
    }
    made = endpoint_new(0, &listener->options);
    if (made == NULL) {
        return ERR_MEM;
    }
    made->connected = 1;
    made->remote.ip = lwip_ntohl(ip4_addr_get_u32(ip_2_ip4(&pcb->remote_ip)));
    made->remote.port = pcb->remote_port;
    attach(pcb, made);
    for (last = &listener->to_accept; *last != NULL; last = &(*last)->to_accept) {
    }
    *last = made;
    return ERR_OK;
}

/* --- Control blocks: never kept, always looked up, for lwIP frees some of them without a word */

static struct tcp_pcb *pcb_of(const struct endpoint *endpoint)
{
    struct tcp_pcb **lists[] = {&tcp_active_pcbs, &tcp_tw_pcbs, &tcp_bound_pcbs};
    struct tcp_pcb *pcb;
    size_t i;
    if (endpoint->is_listener) {
        return NULL;
    }
    for (i = 0; i < sizeof lists / sizeof *lists; i++) {
        for (pcb = *lists[i]; pcb != NULL; pcb = pcb->next) {
            if (pcb->callback_arg == endpoint) {
                return pcb;
            }
        }
    }
    return NULL;
}

static struct tcp_pcb *listen_pcb_of(const struct endpoint *endpoint)
{
    struct tcp_pcb_listen *pcb = tcp_listen_pcbs.listen_pcbs;
    while (pcb != NULL && pcb->callback_arg != endpoint) {
        pcb = pcb->next;
    }
    return (struct tcp_pcb *)pcb;
}

static struct tcp_pcb *pcb_between(struct shim_address local, struct shim_address remote)
{
    struct tcp_pcb **lists[] = {&tcp_active_pcbs, &tcp_tw_pcbs};
    struct tcp_pcb *pcb;
    size_t i;
    for (i = 0; i < sizeof lists / sizeof *lists; i++) {
        for (pcb = *lists[i]; pcb != NULL; pcb = pcb->next) {
            if (pcb->local_port == local.port && pcb->remote_port == remote.port &&
                ip4_addr_get_u32(ip_2_ip4(&pcb->local_ip)) == lwip_htonl(local.ip) &&
                ip4_addr_get_u32(ip_2_ip4(&pcb->remote_ip)) == lwip_htonl(remote.ip)) {
                return pcb;
            }
        }
    }
    return NULL;
}

/* --- Calls of the user */

/* A control block with an address; NULL and the reason otherwise. */
static struct tcp_pcb *bound(struct shim_address at, err_t *err)
{
    ip_addr_t ip;
    struct tcp_pcb *pcb = tcp_new();
    if (pcb == NULL) {
        *err = ERR_MEM;
        return NULL;
    }
    /* Connections and a listener share the port (MUST-42). */
    ip_set_option(pcb, SOF_REUSEADDR);
    ip_addr_set_ip4_u32_val(ip, lwip_htonl(at.ip));
    *err = tcp_bind(pcb, &ip, at.port);
    if (*err != ERR_OK) {
        tcp_abandon(pcb, 0);
        return NULL;
    }
    return pcb;
}

int shim_listen(struct shim_address at, const struct shim_options *options, uint32_t *socket)
{
    struct endpoint *endpoint;
    struct tcp_pcb *pcb, *listening;
    err_t err = ERR_OK;
    ENTER();
    pcb = bound(at, &err);
    if (pcb == NULL) {
        LEAVE(err);
    }
    endpoint = endpoint_new(1, options);
    if (endpoint == NULL) {
        tcp_abandon(pcb, 0);
        LEAVE(ERR_MEM);
    }
    attach(pcb, endpoint);
    listening = tcp_listen_with_backlog_and_err(pcb, TCP_DEFAULT_LISTEN_BACKLOG, &err);
    if (listening == NULL) {
        pcb->errf = NULL;
        tcp_abandon(pcb, 0);
        LEAVE(err);
    }
    tcp_accept(listening, on_accept);
    *socket = endpoint->id;
    LEAVE(0);
}

int shim_connect(struct shim_address from, struct shim_address to, const struct shim_options *options,
                 uint32_t *socket)
{
    struct endpoint *endpoint;
    struct tcp_pcb *pcb;
    ip_addr_t ip;
    err_t err = ERR_OK;
    ENTER();
    pcb = bound(from, &err);
    if (pcb == NULL) {
        LEAVE(err);
    }
    endpoint = endpoint_new(0, options);
    if (endpoint == NULL) {
        tcp_abandon(pcb, 0);
        LEAVE(ERR_MEM);
    }
    endpoint->remote = to;
    attach(pcb, endpoint);
    ip_addr_set_ip4_u32_val(ip, lwip_htonl(to.ip));
    err = tcp_connect(pcb, &ip, to.port, on_connected);
    if (err != ERR_OK) {
        pcb->errf = NULL;
        tcp_abandon(pcb, 0);
        LEAVE(err);
    }
    *socket = endpoint->id;
    deliver_looped();
    LEAVE(0);
}

/* 1: taken; 0: none waits. */
int shim_accept(uint32_t listener, uint32_t *socket, struct shim_address *remote)
{
    struct endpoint *endpoint = endpoint_of(listener), *taken;
    if (endpoint == NULL || !endpoint->is_listener) {
        return SHIM_NO_SOCKET;
    }
    taken = endpoint->to_accept;
    if (taken == NULL) {
        return 0;
    }
    endpoint->to_accept = taken->to_accept;
    taken->to_accept = NULL;
    *socket = taken->id;
    *remote = taken->remote;
    return 1;
}

/* How many bytes were taken, or an err_t. */
int shim_send(uint32_t socket, const uint8_t *bytes, size_t len)
{
    struct endpoint *endpoint = endpoint_of(socket);
    struct tcp_pcb *pcb = endpoint == NULL ? NULL : pcb_of(endpoint);
    size_t taken;
    err_t err;
    if (pcb == NULL) {
        return SHIM_NO_SOCKET;
    }
    ENTER();
    taken = LWIP_MIN(len, tcp_sndbuf(pcb));
    err = tcp_write(pcb, bytes, (u16_t)taken, TCP_WRITE_FLAG_COPY);
    if (err != ERR_OK) {
        LEAVE(err);
    }
    tcp_output(pcb);
    deliver_looped();
    LEAVE((int)taken);
}

/* How many bytes were moved. lwIP learns that they were read. */
int shim_recv(uint32_t socket, uint8_t *into, size_t len)
{
    struct endpoint *endpoint = endpoint_of(socket);
    struct tcp_pcb *pcb;
    size_t moved, told;
    if (endpoint == NULL) {
        return SHIM_NO_SOCKET;
    }
    moved = LWIP_MIN(len, endpoint->text_len);
    memcpy(into, endpoint->text, moved);
    endpoint->text_len -= moved;
    memmove(endpoint->text, endpoint->text + moved, endpoint->text_len);
    ENTER();
    for (told = 0; told < moved; told += LWIP_MIN(moved - told, 0xffff)) {
        pcb = pcb_of(endpoint);
        if (pcb != NULL) {
            tcp_recved(pcb, (u16_t)LWIP_MIN(moved - told, 0xffff));
        }
    }
    deliver_looped();
    LEAVE((int)moved);
}

int shim_shutdown(uint32_t socket)
{
    struct endpoint *endpoint = endpoint_of(socket);
    struct tcp_pcb *pcb = endpoint == NULL ? NULL : pcb_of(endpoint);
    err_t err;
    if (pcb == NULL) {
        return SHIM_NO_SOCKET;
    }
    ENTER();
    err = tcp_shutdown(pcb, 0, 1);
    deliver_looped();
    LEAVE(err);
}

/* The user lets go of a control block: nothing more is told. */
static void detach(struct tcp_pcb *pcb)
{
    tcp_arg(pcb, NULL);
    tcp_recv(pcb, NULL);
    tcp_err(pcb, NULL);
    pcb->connected = NULL;
}

static void close_listener(struct endpoint *endpoint)
{
    struct tcp_pcb *pcb = listen_pcb_of(endpoint);
    struct endpoint *each;
    if (pcb != NULL) {
        tcp_close(pcb);
    }
    for (each = endpoint->to_accept; each != NULL; each = each->to_accept) {
        struct tcp_pcb *waiting = pcb_of(each);
        if (waiting != NULL) {
            detach(waiting);
            tcp_abort(waiting);
        }
    }
    endpoint->to_accept = NULL;
}

int shim_close(uint32_t socket)
{
    struct endpoint *endpoint = endpoint_of(socket);
    struct tcp_pcb *pcb;
    err_t err = ERR_OK;
    if (endpoint == NULL) {
        return SHIM_NO_SOCKET;
    }
    ENTER();
    if (endpoint->is_listener) {
        close_listener(endpoint);
    } else if ((pcb = pcb_of(endpoint)) != NULL) {
        detach(pcb);
        err = tcp_close(pcb);
    }
    deliver_looped();
    LEAVE(err);
}

int shim_abort(uint32_t socket)
{
    struct endpoint *endpoint = endpoint_of(socket);
    struct tcp_pcb *pcb;
    if (endpoint == NULL) {
        return SHIM_NO_SOCKET;
    }
    ENTER();
    if (endpoint->is_listener) {
        close_listener(endpoint);
    } else if ((pcb = pcb_of(endpoint)) != NULL) {
        detach(pcb);
        tcp_abort(pcb);
    }
    deliver_looped();
    LEAVE(0);
}

int shim_set_nodelay(uint32_t socket, int on)
{
    struct endpoint *endpoint = endpoint_of(socket);
    struct tcp_pcb *pcb;
    if (endpoint == NULL) {
        return SHIM_NO_SOCKET;
    }
    endpoint->options.nodelay = on != 0;
    ENTER();
    pcb = pcb_of(endpoint);
    if (pcb != NULL && on) {
        tcp_nagle_disable(pcb);
    } else if (pcb != NULL) {
        tcp_nagle_enable(pcb);
    }
    LEAVE(0);
}

int shim_set_keepalive(uint32_t socket, int on)
{
    struct endpoint *endpoint = endpoint_of(socket);
    struct tcp_pcb *pcb;
    if (endpoint == NULL) {
        return SHIM_NO_SOCKET;
    }
    endpoint->options.keepalive = on != 0;
    pcb = pcb_of(endpoint);
    if (pcb != NULL && on) {
        ip_set_option(pcb, SOF_KEEPALIVE);
    } else if (pcb != NULL) {
        ip_reset_option(pcb, SOF_KEEPALIVE);
    }
    return 0;
}

int shim_set_tos(uint32_t socket, uint8_t tos)
{
    struct endpoint *endpoint = endpoint_of(socket);
    struct tcp_pcb *pcb;
    if (endpoint == NULL) {
        return SHIM_NO_SOCKET;
    }
    endpoint->options.tos = tos;
    pcb = endpoint->is_listener ? listen_pcb_of(endpoint) : pcb_of(endpoint);
    if (pcb != NULL) {
        pcb->tos = tos;
    }
    return 0;
}

int shim_status(uint32_t socket, struct shim_status *status)
{
    struct endpoint *endpoint = endpoint_of(socket);
    struct tcp_pcb *pcb;
    if (endpoint == NULL) {
        return SHIM_NO_SOCKET;
    }
    memset(status, 0, sizeof *status);
    status->state = -1;
    if (endpoint->is_listener) {
        struct endpoint *each;
        for (each = endpoint->to_accept; each != NULL; each = each->to_accept) {
            status->unread++;
        }
        status->state = LISTEN;
        return 0;
    }
    status->unread = endpoint->text_len;
    status->error = endpoint->error;
    status->eof = endpoint->eof;
    status->connected = endpoint->connected;
    pcb = pcb_of(endpoint);
    if (pcb != NULL) {
        status->state = pcb->state;
        status->free = pcb->snd_queuelen < TCP_SND_QUEUELEN ? tcp_sndbuf(pcb) : 0;
    }
    return 0;
}

/* The error that is told once. */
int shim_take_error(uint32_t socket)
{
    struct endpoint *endpoint = endpoint_of(socket);
    int error;
    if (endpoint == NULL) {
        return SHIM_NO_SOCKET;
    }
    error = endpoint->error;
    endpoint->error = 0;
    return error;
}

/* --- Looking in */

/* lwIP's tcp_state; -1: no such connection. */
int shim_state(struct shim_address local, struct shim_address remote)
{
    struct tcp_pcb *pcb = pcb_between(local, remote);
    return pcb == NULL ? -1 : (int)pcb->state;
}

int shim_is_listening(uint16_t port)
{
    struct tcp_pcb_listen *pcb;
    for (pcb = tcp_listen_pcbs.listen_pcbs; pcb != NULL; pcb = pcb->next) {
        if (pcb->local_port == port) {
            return 1;
        }
    }
    return 0;
}

/* In milliseconds; -1: no such connection. */
int shim_rto(struct shim_address local, struct shim_address remote)
{
    struct tcp_pcb *pcb = pcb_between(local, remote);
    return pcb == NULL ? -1 : pcb->rto * TCP_SLOW_INTERVAL;
}
