// SPDX-License-Identifier: Apache-2.0
#pragma once
// Sorts more records than memory holds: runs of bounded size go to nameless files and are merged.

#include "core/result.hpp"
#include "io/system/file_handle.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <future>
#include <string>
#include <string_view>
#include <vector>

namespace holdback::io::system {

/// A record: the key, by whose octets it is sorted, and what it carries.
struct SortRecord {
    std::string_view key;
    std::string_view payload;
};

/// Sorts records in bounded memory: at most two runs, one that is being filled and one that another
/// thread sorts and writes. The files have no name, so that nothing is left however the process
/// ends. Used by one thread. Errors are texts for the log.
class RunSorter {
public:
    /// `directory` is where the runs go; `run_octets` is the size of one.
    RunSorter(std::string directory, std::size_t run_octets);
    RunSorter(const RunSorter&) = delete;
    RunSorter& operator=(const RunSorter&) = delete;
    RunSorter(RunSorter&&) = delete;
    RunSorter& operator=(RunSorter&&) = delete;
    ~RunSorter();

    /// Copies key and payload; they are shorter than 64 KiB and 4 GiB.
    [[nodiscard]] core::Result<void, std::string> add(const SortRecord& record);
    [[nodiscard]] std::uint64_t count() const { return count_; }

    /// Calls `visit` for each record in order of the keys until it returns false; equal keys come
    /// in the order in which they were added. Ends the sorter: call it once.
    [[nodiscard]] core::Result<void, std::string> visit(
        const std::function<bool(const SortRecord&)>& visit);

private:
    struct Place {
        std::uint64_t prefix;  // the first octets of the key, which decide most comparisons
        std::uint32_t offset;
    };
    struct Run {
        std::string octets;
        std::vector<Place> places;
    };
    class Reader;
    using Written = core::Result<FileHandle, std::string>;

    static void sort(Run& run);
    [[nodiscard]] static Written write(const std::string& directory, Run run);
    [[nodiscard]] core::Result<void, std::string> spill();
    [[nodiscard]] core::Result<void, std::string> collect();

    std::string directory_;
    std::size_t run_octets_;
    std::uint64_t count_ = 0;
    Run run_;
    std::vector<FileHandle> files_;
    std::future<Written> writing_;
};

}  // namespace holdback::io::system
