/* SPDX-License-Identifier: Apache-2.0 */
/* Arithmetic on lengths that come from input: true and the result, or false on overflow. */
#pragma once

#include <stdbool.h>

#define checked_add(a, b, ret) (!__builtin_add_overflow((a), (b), (ret)))
#define checked_sub(a, b, ret) (!__builtin_sub_overflow((a), (b), (ret)))
#define checked_mul(a, b, ret) (!__builtin_mul_overflow((a), (b), (ret)))
