#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Noon in the zones that are named, and whether this can be written anywhere."""
import datetime
import os
import sys
import zoneinfo

noon = datetime.datetime(2026, 7, 1, 12, tzinfo=datetime.timezone.utc)
for name in sys.argv[1:]:
    print(noon.astimezone(zoneinfo.ZoneInfo(name)).strftime("%H:%M %Z"))
try:
    open("/usr/bin/new", "w").close()
except OSError as e:
    print("user %d: %s" % (os.getuid(), e.strerror))
