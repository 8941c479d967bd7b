/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside net/: one request to a server and its answer. All use of curl's easy interface is
 * behind this header; what an answer means is the transfer's to judge.
 */
#pragma once

#include "net/transfer.h"

/* Gives the request of t->now, whose take() is set, to the handle's loop. */
int try_start(struct transfer *t, struct err *e);
/* Takes it off the loop; the answer can still be asked about. Safe at any time. */
void try_stop(struct transfer *t);
void try_go_on(struct transfer *t);
void try_free(struct transfer *t);

/* Of the last answer's head; 0 when there is none. */
long try_status(const struct transfer *t);
/* HTTP_SIZE_UNKNOWN when the server doesn't say. */
uint64_t try_content_length(const struct transfer *t);
/* Whether the request is of a kind that has a body, empty or not. */
bool try_sends_body(const struct transfer *t);
uint64_t try_retry_after_ms(const struct transfer *t);
/* After a failed look-up: whether the resolver is sure that there is no such host. It is asked. */
bool try_name_is_unknown(const struct transfer *t);
/* What a proxy said to a tunnel; 0: nothing. */
long try_tunnel_status(const struct transfer *t);
/* errno of a connection that could not be made, or 0. */
int try_connect_errno(const struct transfer *t);
