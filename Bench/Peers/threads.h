// What the driver sets once for all calls.
#pragma once

extern int threads_of_every_call;
