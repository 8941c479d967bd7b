/* SPDX-License-Identifier: Apache-2.0 */
/* What pare audit prints: findings, and what rules mean. */
#pragma once

#include "audit/audit.h"
#include "base/buf.h"

void audit_text(const struct audit *a, unsigned columns, bool color, struct buf *to);
void audit_json(const struct audit *a, struct buf *to);
/* NULL: all rules, a line each. */
void audit_explain_text(const struct audit_rule *rule, unsigned columns, struct buf *to);
void audit_explain_json(const struct audit_rule *rule, struct buf *to);
