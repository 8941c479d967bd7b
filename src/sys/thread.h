/* SPDX-License-Identifier: Apache-2.0 */
/* Threads that leave asynchronous signals to the main one. */
#pragma once

#include <pthread.h>
#include <stdbool.h>

/* False when the system has no room for another thread: callers then work without it. */
bool thread_start(pthread_t *ret, void *(*run)(void *arg), void *arg);
