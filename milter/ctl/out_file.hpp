// SPDX-License-Identifier: Apache-2.0
#pragma once
// An output file of a command: it appears complete or not at all.

#include "core/result.hpp"
#include "io/system/file_handle.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace holdback::milter::ctl {

/// What to do about a file that exists already.
enum class Existing : std::uint8_t { Keep, Replace };

/// Written under a temporary name beside the wanted one, which it takes when all is written. The
/// destructor removes it unless `finish` succeeded. Errors are texts for people with the path in
/// front.
class OutFile {
public:
    /// With `Keep`, an existing file is an error at once, and again in `finish`.
    [[nodiscard]] static core::Result<OutFile, std::string> create(const std::string& path,
                                                                   Existing existing);
    OutFile(const OutFile&) = delete;
    OutFile& operator=(const OutFile&) = delete;
    OutFile(OutFile&& other) noexcept;
    OutFile& operator=(OutFile&&) = delete;
    ~OutFile();

    /// Buffers the text; `finish` reports write errors.
    void append(std::string_view text);
    /// Makes the contents durable and gives the file its name.
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
