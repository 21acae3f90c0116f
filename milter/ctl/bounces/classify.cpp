// SPDX-License-Identifier: Apache-2.0
#include "milter/ctl/bounces/classify.hpp"

#include "config/settings.hpp"
#include "dsn/classify.hpp"
#include "flow/snapshot.hpp"
#include "io/mime/gmime_reader.hpp"
#include "milter/ctl/bounces/classify_output.hpp"
#include "milter/ctl/bounces/mail_files.hpp"
#include "milter/ctl/command.hpp"
#include "milter/ctl/ordered_work.hpp"
#include "milter/ctl/output.hpp"
#include "milter/ctl/progress.hpp"
#include "milter/ctl/sources.hpp"

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <istream>
#include <optional>
#include <ostream>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace holdback::milter::ctl {

namespace {

/// Each core may work on a message of its own. Beyond these numbers memory would grow and time
/// would not shrink. Parsing a message takes eight times its length, so the longest messages are
/// parsed one at a time.
WorkLimits limits() {
    constexpr std::size_t kMostThreads = 16;
    constexpr std::size_t kMostPieces = 256;
    constexpr std::size_t kMostOctets = std::size_t{2} * 1024 * 1024;
    const std::size_t cores = std::thread::hardware_concurrency();
    return {.threads = std::clamp<std::size_t>(cores, 1, kMostThreads),
            .pieces = kMostPieces,
            .weight = kMostOctets};
}

struct NamedMessage {
    std::string name;
    std::string octets;
};

/// The total length of all files; nullopt when one of them has no length.
std::optional<std::uintmax_t> total_octets(const std::vector<std::string>& files) {
    std::uintmax_t total = 0;
    for (const std::string& path : files) {
        std::error_code error;
        if (path == "-" || !std::filesystem::is_regular_file(path, error)) {
            return std::nullopt;
        }
        const std::uintmax_t size = std::filesystem::file_size(path, error);
        total += error ? 0 : size;
    }
    return total;
}

/// Reads messages, classifies them on all cores, and writes the results in their order.
class Classifier {
public:
    Classifier(const CommandContext& context,
               const flow::Snapshot& snapshot,
               const std::vector<std::string>& files)
        : context_(context),
          snapshot_(snapshot),
          reader_({.octets = snapshot.settings.dsn.max_message}),
          progress_(
              context, "classified", context.err_is_terminal ? total_octets(files) : std::nullopt),
          work_(
              limits(),
              [this](const NamedMessage& message) { return text_of(message); },
              [this](const std::string& text) { write(text); }) {}
    Classifier(const Classifier&) = delete;
    Classifier& operator=(const Classifier&) = delete;
    Classifier(Classifier&&) = delete;
    Classifier& operator=(Classifier&&) = delete;
    ~Classifier() = default;

    /// Reads one file. A file that can't be read does not stop the others.
    void read(const std::string& path) {
        if (path == "-") {
            read_stream(path, std::cin);
            if (std::cin.bad()) {
                say_unreadable({path, {EIO, std::generic_category()}});
            }
            return;
        }
        errno = 0;
        std::ifstream file(path, std::ios::binary);
        if (!file.is_open()) {
            say_unreadable({path, {errno == 0 ? EIO : errno, std::generic_category()}});
            return;
        }
        read_stream(path, file);
        if (file.bad()) {
            say_unreadable({path, {EIO, std::generic_category()}});
        }
    }

    void say_unreadable(const UnreadablePath& path) {
        all_read_ = false;
        progress_.hide();
        context_.err << fmt::format(
            "holdbackctl: {}: {}\n", for_people(path.path), path.error.message());
    }

    /// True when everything could be read.
    [[nodiscard]] bool finish() {
        work_.finish();
        return all_read_;
    }

private:
    void read_stream(const std::string& path, std::istream& in) {
        // One octet more than the reader takes, so that it notices longer messages.
        MailStream messages(in, snapshot_.settings.dsn.max_message + 1);
        // Stop when the output is closed: the rest is not worth the time.
        while (context_.out.good()) {
            auto message = messages.next();
            if (!message.has_value()) {
                break;
            }
            const std::size_t weight = message->octets.size();
            work_.add({.name = message->alone ? path : fmt::format("{}#{}", path, message->number),
                       .octets = std::move(message->octets)},
                      weight);
            progress_.show(written_, octets_before_ + messages.octets_read());
        }
        octets_before_ += messages.octets_read();
    }

    [[nodiscard]] std::string text_of(const NamedMessage& message) const {
        const dsn::Understanding understanding =
            dsn::understand(reader_.read(message.octets), snapshot_.knowledge, snapshot_.codes);
        return classified_text(message.name, understanding, snapshot_, context_.form);
    }

    void write(const std::string& text) {
        progress_.hide();
        context_.out << text;
        ++written_;
    }

    const CommandContext& context_;
    const flow::Snapshot& snapshot_;
    io::mime::GmimeReader reader_;
    Progress progress_;
    std::uintmax_t octets_before_ = 0;  // of the files that have been read
    std::size_t written_ = 0;
    bool all_read_ = true;
    OrderedWork<NamedMessage, std::string> work_;  // last: its threads end before the rest goes
};

}  // namespace

CommandResult classify(const CommandContext& context, const std::vector<std::string>& paths) {
    const auto snapshot = load_tool_snapshot(context);
    if (!snapshot.has_value()) {
        return std::unexpected(snapshot.error());
    }
    std::vector<UnreadablePath> unreadable;
    const std::vector<std::string> files = expand_paths(paths, unreadable);
    Classifier classifier(context, **snapshot, files);
    for (const UnreadablePath& path : unreadable) {
        classifier.say_unreadable(path);
    }
    for (const std::string& path : files) {
        classifier.read(path);
    }
    return classifier.finish() ? Exit::Done : Exit::No;
}

}  // namespace holdback::milter::ctl
