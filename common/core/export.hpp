#pragma once
/// Marks what libkeenlance offers to programs; all else stays hidden in the library.

#if defined(__GNUC__)
#define KEENLANCE_API __attribute__((visibility("default")))
#else
#define KEENLANCE_API
#endif
