// SPDX-License-Identifier: Apache-2.0
#pragma once
// Ownership of objects that C libraries make.

#include <memory>

namespace holdback::core {

/// Calls `Release` and drops its return value, if it has one.
template <auto Release>
struct ReleaseWith {
    template <typename T>
    void operator()(T* object) const noexcept {
        static_cast<void>(Release(object));
    }
};

/// Owning pointer for a C library's object, with the release function in the type. Take ownership
/// on the line after the object exists, before its status is looked at.
template <typename T, auto Release>
using Handle = std::unique_ptr<T, ReleaseWith<Release>>;

}  // namespace holdback::core
