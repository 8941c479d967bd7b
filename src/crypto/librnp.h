/* SPDX-License-Identifier: Apache-2.0 */
/* What is used of librnp, as librnp.NAME(); all of it is in openpgp.c. See base/library.h. */
#pragma once

#include <rnp/rnp.h>

#include "base/library.h"

/* clang-format off */
#define LIBRNP_FUNCTIONS(F) \
	F(rnp_, buffer_destroy) \
	F(rnp_, ffi_create) \
	F(rnp_, ffi_destroy) \
	F(rnp_, get_public_key_count) \
	F(rnp_, import_keys) \
	F(rnp_, input_destroy) \
	F(rnp_, input_from_memory) \
	F(rnp_, key_allows_usage) \
	F(rnp_, key_get_alg) \
	F(rnp_, key_get_bits) \
	F(rnp_, key_get_creation) \
	F(rnp_, key_get_fprint) \
	F(rnp_, key_get_primary_fprint) \
	F(rnp_, key_handle_destroy) \
	F(rnp_, key_is_revoked) \
	F(rnp_, key_valid_till64) \
	F(rnp_, locate_key) \
	F(rnp_, op_verify_destroy) \
	F(rnp_, op_verify_detached_create) \
	F(rnp_, op_verify_execute) \
	F(rnp_, op_verify_get_signature_at) \
	F(rnp_, op_verify_get_signature_count) \
	F(rnp_, op_verify_signature_get_handle) \
	F(rnp_, op_verify_signature_get_key) \
	F(rnp_, op_verify_signature_get_status) \
	F(rnp_, result_to_string) \
	F(rnp_, set_timestamp) \
	F(rnp_, signature_get_creation) \
	F(rnp_, signature_get_hash_alg) \
	F(rnp_, signature_get_keyid) \
	F(rnp_, signature_get_type) \
	F(rnp_, signature_handle_destroy)
/* clang-format on */

LIBRARY_DECLARE(librnp, LIBRNP_FUNCTIONS)
