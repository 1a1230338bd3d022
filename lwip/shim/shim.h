/*
 * What the Rust side may call. Every function returns one of the SHIM_ values or a count; see shim.c.
 * Addresses are IPv4 in host byte order, times in milliseconds.
 */
#ifndef RFC793_LWIP_SHIM_H
#define RFC793_LWIP_SHIM_H

#include <stddef.h>
#include <stdint.h>

/* lwIP stopped at one of its own assertions. Smaller than every err_t (an int8_t). */
#define SHIM_ASSERTION (-1000)
/* There is no such socket. */
#define SHIM_NO_SOCKET (-1001)

struct shim_options {
    uint8_t ttl; /* 0: lwIP's own */
    uint8_t tos;
    uint8_t nodelay;
    uint8_t keepalive;       /* on from the start */
    uint32_t keep_idle;      /* 0: lwIP's own */
    uint32_t keep_interval;  /* 0: lwIP's own */
    uint32_t keep_count;     /* 0: lwIP's own */
};

struct shim_address {
    uint32_t ip;
    uint16_t port;
};

struct shim_status {
    uint64_t unread;   /* bytes to receive; of a listener: connections to accept */
    uint32_t free;     /* bytes a send would take */
    int32_t error;     /* the err_t that ended the connection, 0: none */
    int32_t state;     /* lwIP's tcp_state; -1: it has no control block any more */
    uint8_t eof;       /* the peer closed */
    uint8_t connected; /* it was once established */
};

/* Of the headers: `2.1.3`. */
const char *shim_version(void);
int shim_open(uint32_t address, uint32_t netmask);
int shim_reset(uint32_t iss, uint16_t mtu);
const char *shim_said(void);

int shim_input(const uint8_t *packet, uint16_t len);
size_t shim_emitted(void);
void shim_take(uint8_t *into);
int shim_fast_timer(void);
int shim_slow_timer(void);
int shim_reassembly_timer(void);

int shim_listen(struct shim_address at, const struct shim_options *options, uint32_t *socket);
int shim_connect(struct shim_address from, struct shim_address to, const struct shim_options *options,
                 uint32_t *socket);
int shim_accept(uint32_t listener, uint32_t *socket, struct shim_address *remote);
int shim_send(uint32_t socket, const uint8_t *bytes, size_t len);
int shim_recv(uint32_t socket, uint8_t *into, size_t len);
int shim_shutdown(uint32_t socket);
int shim_close(uint32_t socket);
int shim_abort(uint32_t socket);
int shim_set_nodelay(uint32_t socket, int on);
int shim_set_keepalive(uint32_t socket, int on);
int shim_set_tos(uint32_t socket, uint8_t tos);
int shim_status(uint32_t socket, struct shim_status *status);
int shim_take_error(uint32_t socket);

int shim_state(struct shim_address local, struct shim_address remote);
int shim_is_listening(uint16_t port);
int shim_rto(struct shim_address local, struct shim_address remote);

#endif
