// SPDX-License-Identifier: Apache-2.0
#pragma once
// Keeps known leaks of libraries, which have a fixed size, out of the reports of LeakSanitizer.

#ifdef __has_feature
#define HOLDBACK_HAS_ASAN __has_feature(address_sanitizer)
#elif defined(__SANITIZE_ADDRESS__)
#define HOLDBACK_HAS_ASAN 1
#else
#define HOLDBACK_HAS_ASAN 0
#endif
#if HOLDBACK_HAS_ASAN
#include <sanitizer/lsan_interface.h>
#endif

namespace holdback::core {

/// Leaks of this thread are not reported while one of these lives. Without AddressSanitizer it does
/// nothing.
class KnownLeak {
public:
#if HOLDBACK_HAS_ASAN
    KnownLeak() { __lsan_disable(); }
    ~KnownLeak() { __lsan_enable(); }
#else
    KnownLeak() = default;
    ~KnownLeak() = default;
#endif
    KnownLeak(const KnownLeak&) = delete;
    KnownLeak& operator=(const KnownLeak&) = delete;
    KnownLeak(KnownLeak&&) = delete;
    KnownLeak& operator=(KnownLeak&&) = delete;
};

}  // namespace holdback::core
