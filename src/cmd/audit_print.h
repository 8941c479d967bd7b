/* SPDX-License-Identifier: Apache-2.0 */
/* What rules mean, as pare audit --explain prints it. */
#pragma once

#include "audit/rule.h"
#include "base/buf.h"

/* NULL: all rules, a line each. */
void audit_explain_text(const struct audit_rule *rule, unsigned columns, struct buf *to);
void audit_explain_json(const struct audit_rule *rule, struct buf *to);
