// SPDX-License-Identifier: Apache-2.0
#include "dsn/sendmail_transcript.hpp"

#include "core/text.hpp"
#include "dsn/address_block.hpp"
#include "dsn/report.hpp"
#include "reading/text_scan.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holdback::dsn {

namespace {

constexpr std::size_t kMostEntries = 200;
constexpr std::size_t kMostText = 4096;

/// What the transcript says about one address.
struct Entry {
    std::string address;
    std::string original;
    std::string remote;  ///< "<<<" lines: words of the other server
    std::string local;   ///< the reporting system's own lines
    std::string host;
};

void append(std::string& text, std::string_view line) {
    if (text.size() < kMostText) {
        text += reading::utf8_prefix(line, kMostText);
        text += '\n';
    }
}

class TranscriptReader {
public:
    void read(std::string_view line) {
        const std::string_view plain = core::trim(line);
        if (core::contains_ignoring_case(plain.substr(0, 200), "talking to ")) {
            host_ = remote_host_in(plain);
            current_.clear();
        } else if (plain.starts_with(">>>")) {
            read_command(plain.substr(3));
        } else if (plain.starts_with("<<<")) {
            append(current_.empty() ? common_ : entry(current_).remote,
                   core::trim(plain.substr(3)));
        } else if (reading::find_reply(plain.substr(0, 4), reading::ReplyContext::Field) == 0U) {
            read_local(plain);
        } else if (core::starts_with_ignoring_case(plain, "----- transcript")) {
            in_list_ = false;
        } else if (in_list_ || plain.starts_with("(")) {
            read_listed(plain);
        } else if (!last_.empty() && !plain.empty()) {
            append(entry(last_).local, plain);
        }
    }

    [[nodiscard]] std::vector<RecipientReport> reports() const {
        std::vector<RecipientReport> all;
        const bool listed = std::ranges::any_of(
            entries_, [this](const Entry& found) { return is_listed(found.address); });
        for (const Entry& found : entries_) {
            if (listed && !is_listed(found.address)) {
                continue;
            }
            const std::string& remote = found.remote.empty() ? common_ : found.remote;
            RecipientReport report = recipient_of({.address = found.address,
                                                   .original = found.original,
                                                   .text = remote + "\n" + found.local},
                                                  Action::Failed);
            if (!found.host.empty()) {
                report.remote_mta = found.host;
            }
            all.push_back(std::move(report));
        }
        return all;
    }

private:
    [[nodiscard]] bool is_listed(std::string_view address) const {
        return std::ranges::any_of(listed_, [address](const std::string& other) {
            return core::equals_ignoring_case(other, address);
        });
    }

    Entry& entry(std::string_view address) {
        const auto known = std::ranges::find_if(entries_, [address](const Entry& other) {
            return core::equals_ignoring_case(other.address, address);
        });
        if (known != entries_.end()) {
            return *known;
        }
        if (entries_.size() >= kMostEntries) {
            return entries_.back();
        }
        Entry fresh;
        fresh.address = std::string(address);
        entries_.push_back(std::move(fresh));
        return entries_.back();
    }

    void read_command(std::string_view command) {
        const std::string_view address = reading::first_address(command);
        const bool is_recipient = core::contains_ignoring_case(command.substr(0, 20), "rcpt to");
        current_ = is_recipient ? std::string(address) : std::string{};
        if (!current_.empty()) {
            entry(current_).host = host_;
        }
        last_.clear();
    }

    void read_local(std::string_view line) {
        const std::string_view address = reading::first_address(line.substr(0, 512));
        if (address.empty()) {
            append(common_local(), line);
            return;
        }
        last_ = std::string(address);
        append(entry(last_).local, line);
        if (entry(last_).host.empty()) {
            entry(last_).host = host_;
        }
    }

    std::string& common_local() { return last_.empty() ? common_ : entry(last_).local; }

    void read_listed(std::string_view line) {
        const std::vector<AddressBlock> blocks = address_blocks(line);
        if (line.starts_with("(") && !listed_.empty()) {
            Entry& last = entry(listed_.back());
            if (core::contains_ignoring_case(line.substr(0, 16), "expanded from")) {
                last.original = std::string(reading::first_address(line));
            } else {
                append(last.local, line);
            }
            return;
        }
        if (!blocks.empty() && in_list_ && listed_.size() < kMostEntries) {
            listed_.push_back(blocks.front().address);
            Entry& found = entry(listed_.back());
            append(found.local, blocks.front().text);
        }
    }

    std::vector<Entry> entries_;
    std::vector<std::string> listed_;
    std::string common_;   ///< replies about no particular recipient (MAIL, DATA)
    std::string current_;  ///< recipient of the last RCPT command
    std::string last_;     ///< recipient of the last line of the reporting system
    std::string host_;
    bool in_list_ = true;
};

}  // namespace

std::vector<RecipientReport> read_sendmail_transcript(std::string_view text) {
    TranscriptReader reader;
    for (const std::string_view line : reading::lines_of(text)) {
        reader.read(line);
    }
    return reader.reports();
}

}  // namespace holdback::dsn
