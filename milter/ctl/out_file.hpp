// SPDX-License-Identifier: Apache-2.0
#pragma once
// A file that a command makes: there whole, or not at all.

#include "core/result.hpp"
#include "io/system/file_handle.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace holdback::milter::ctl {

/// What is done about a file that is there already.
enum class Existing : std::uint8_t { Keep, Replace };

/// Written under a name of its own beside the wanted one, which it takes when all is written. Gone
/// with the object unless `finish` did well. Errors are texts for people with the path in front.
class OutFile {
public:
    /// With `Keep`, a file that is there is an error at once, and again in `finish`.
    [[nodiscard]] static core::Result<OutFile, std::string> create(const std::string& path,
                                                                   Existing existing);
    OutFile(const OutFile&) = delete;
    OutFile& operator=(const OutFile&) = delete;
    OutFile(OutFile&& other) noexcept;
    OutFile& operator=(OutFile&&) = delete;
    ~OutFile();

    /// Buffered; trouble is told by `finish`.
    void append(std::string_view text);
    /// Makes all durable and gives the file its name.
    [[nodiscard]] core::Result<void, std::string> finish();

private:
    OutFile(std::string path,
            std::string temporary,
            io::system::FileHandle file,
            Existing existing);

    void flush();

    std::string path_;
    std::string temporary_;  // empty: there is none
    io::system::FileHandle file_;
    Existing existing_;
    std::string buffer_;
    int error_ = 0;  // of the first write that failed
};

}  // namespace holdback::milter::ctl
