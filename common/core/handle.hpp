// SPDX-License-Identifier: Apache-2.0
#pragma once
// Ownership of objects that C libraries make.

#include <memory>

namespace holdback::core {

/// Calls `Release`; the function's return value, if any, is dropped.
template <auto Release>
struct ReleaseWith {
    template <typename T>
    void operator()(T* object) const noexcept {
        static_cast<void>(Release(object));
    }
};

/// Owning pointer for a C library's object, with the release function in the type. Own the object
/// on the line after it exists, before its status is looked at.
template <typename T, auto Release>
using Handle = std::unique_ptr<T, ReleaseWith<Release>>;

}  // namespace holdback::core
