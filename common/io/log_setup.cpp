// SPDX-License-Identifier: Apache-2.0
#include "io/log_setup.hpp"

#include "config/settings.hpp"
#include "core/guarded.hpp"
#include "core/result.hpp"
#include "ports/log.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <expected>
#include <fcntl.h>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <syslog.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>
#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/syslog_sink.h>

namespace holdback::io {

namespace {

constexpr const char* kIdentity = "holdback";
constexpr const char* kJournalSocket = "/run/systemd/journal/socket";
constexpr const char* kSyslogSocket = "/dev/log";
constexpr std::string_view kFilePrefix = "file:";
constexpr const char* kLinePattern = "%Y-%m-%dT%H:%M:%S.%e%z holdback[%P] %l: %v";

using SinkPointer = std::shared_ptr<spdlog::sinks::sink>;

/// Owns a file descriptor.
class Descriptor {
public:
    explicit Descriptor(int number) : number_(number) {}
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
    Descriptor& operator=(Descriptor&&) = delete;
    ~Descriptor() {
        if (number_ >= 0) {
            ::close(number_);
        }
    }
    [[nodiscard]] int number() const { return number_; }

private:
    int number_;
};

std::string text_of(int error) {
    return std::generic_category().message(error);
}

/// The octets that were written; `errno` tells why they are not all.
std::size_t write_all(int descriptor, std::string_view octets) {
    std::string_view rest = octets;
    while (!rest.empty()) {
        const ssize_t written = ::write(descriptor, rest.data(), rest.size());
        if (written > 0) {
            rest.remove_prefix(static_cast<std::size_t>(written));
        } else if (errno != EINTR) {
            break;
        }
    }
    return octets.size() - rest.size();
}

using LostLines = std::shared_ptr<std::atomic<std::uint64_t>>;

/// The severities of syslog(3), which the journal uses too.
int syslog_priority(spdlog::level::level_enum level) {
    if (level >= spdlog::level::err) {
        return LOG_ERR;
    }
    if (level == spdlog::level::warn) {
        return LOG_WARNING;
    }
    return level == spdlog::level::info ? LOG_INFO : LOG_DEBUG;
}

std::string_view payload_of(const spdlog::details::log_msg& message) {
    return {message.payload.data(), message.payload.size()};
}

/// Standard error, or a file that the sink then owns. One write(2) per line: nothing is lost with
/// the process, and the lines of several writers do not mix.
class DescriptorSink final : public spdlog::sinks::base_sink<std::mutex> {
public:
    DescriptorSink(std::optional<Descriptor> file, LostLines lost)
        : file_(std::move(file)), lost_(std::move(lost)) {}

protected:
    void sink_it_(const spdlog::details::log_msg& message) override {
        spdlog::memory_buf_t line;
        formatter_->format(message, line);
        std::string text(line.data(), line.size());
        if (missing_ > 0) {
            text = said_missing(message) + text;
        }
        // A part of a line that was cut off ends here.
        const bool is_cut = cut_;
        if (is_cut) {
            text.insert(0, 1, '\n');
        }
        const std::size_t written =
            write_all(file_.has_value() ? file_->number() : STDERR_FILENO, text);
        if (written == text.size()) {
            missing_ = 0;
            cut_ = false;
            return;
        }
        why_ = text_of(errno);
        cut_ = written > 0 || is_cut;
        ++missing_;
        lost_->fetch_add(1);
    }
    void flush_() override {}

private:
    /// The line that stands in the place of those that are missing.
    std::string said_missing(const spdlog::details::log_msg& message) {
        const std::string words = fmt::format("log: {} lines are missing here: {}", missing_, why_);
        const spdlog::details::log_msg notice(message.time,
                                              message.source,
                                              message.logger_name,
                                              spdlog::level::err,
                                              spdlog::string_view_t(words));
        spdlog::memory_buf_t line;
        formatter_->format(notice, line);
        return {line.data(), line.size()};
    }

    std::optional<Descriptor> file_;
    LostLines lost_;
    std::uint64_t missing_ = 0;  // since the last line that was written
    std::string why_;
    bool cut_ = false;  // the file ends within a line
};

/// Standard error with the priority in front, as a service manager reads it (sd-daemon(3)).
class PrefixSink final : public spdlog::sinks::base_sink<std::mutex> {
protected:
    void sink_it_(const spdlog::details::log_msg& message) override {
        write_all(STDERR_FILENO,
                  fmt::format("<{}>{}\n", syslog_priority(message.level), payload_of(message)));
    }
    void flush_() override {}
};

/// The journal's own protocol: one datagram of fields per line. The address is looked up with each
/// datagram, so that a journal that was restarted is found again.
class JournalSink final : public spdlog::sinks::base_sink<std::mutex> {
public:
    explicit JournalSink(Descriptor socket) : socket_(std::move(socket)) {
        address_.sun_family = AF_UNIX;
        std::string_view(kJournalSocket).copy(&address_.sun_path[0], sizeof address_.sun_path - 1);
    }

protected:
    void sink_it_(const spdlog::details::log_msg& message) override {
        const std::string fields =
            fmt::format("MESSAGE={}\nPRIORITY={}\nSYSLOG_IDENTIFIER={}\nSYSLOG_FACILITY={}\n",
                        payload_of(message),
                        syslog_priority(message.level),
                        kIdentity,
                        static_cast<unsigned>(LOG_MAIL) >> 3U);
        // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): how C spells an address
        const auto* const address = reinterpret_cast<const sockaddr*>(&address_);
        const ssize_t sent = ::sendto(
            socket_.number(), fields.data(), fields.size(), MSG_NOSIGNAL, address, sizeof address_);
        if (sent < 0) {
            write_all(STDERR_FILENO, fmt::format("{}\n", payload_of(message)));
        }
    }
    void flush_() override {}

private:
    Descriptor socket_;
    sockaddr_un address_{};
};

// ---- From settings to a sink -------------------------------------------------------------------

/// What a target comes to on this machine.
enum class SinkKind : std::uint8_t { Journal, PrefixedStderr, Syslog, Stderr, File };

/// True when standard error is the stream that the service manager connected to the journal.
bool stderr_is_journal() {
    // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing in the program changes the environment
    const char* const stream = std::getenv("JOURNAL_STREAM");
    struct stat status{};
    return stream != nullptr && ::fstat(STDERR_FILENO, &status) == 0 &&
           fmt::format("{}:{}", status.st_dev, status.st_ino) == stream;
}

SinkKind kind_of(std::string_view target) {
    if (target == "syslog") {
        return SinkKind::Syslog;
    }
    if (target == "stderr") {
        return SinkKind::Stderr;
    }
    if (target != "journal") {
        return SinkKind::File;
    }
    if (::access(kJournalSocket, W_OK) == 0) {
        return SinkKind::Journal;
    }
    if (stderr_is_journal()) {
        return SinkKind::PrefixedStderr;
    }
    return ::access(kSyslogSocket, W_OK) == 0 ? SinkKind::Syslog : SinkKind::Stderr;
}

core::Result<SinkPointer, LogError> file_sink(const std::string& path, const LostLines& lost) {
    constexpr mode_t kMode = 0640;
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-vararg): the only open(2) that takes a mode
    Descriptor file(::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, kMode));
    if (file.number() < 0) {
        return std::unexpected(LogError{fmt::format("cannot open {}: {}", path, text_of(errno))});
    }
    return std::make_shared<DescriptorSink>(std::move(file), lost);
}

core::Result<SinkPointer, LogError> make_sink(SinkKind kind,
                                              const std::string& target,
                                              const LostLines& lost) {
    switch (kind) {
        case SinkKind::Journal: {
            Descriptor socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
            if (socket.number() < 0) {
                return std::unexpected(
                    LogError{fmt::format("cannot reach the journal: {}", text_of(errno))});
            }
            return std::make_shared<JournalSink>(std::move(socket));
        }
        case SinkKind::PrefixedStderr:
            return std::make_shared<PrefixSink>();
        case SinkKind::Syslog:
            return std::make_shared<spdlog::sinks::syslog_sink_mt>(
                kIdentity, LOG_PID, LOG_MAIL, false);
        case SinkKind::Stderr:
            return std::make_shared<DescriptorSink>(std::nullopt, lost);
        case SinkKind::File:
            if (!target.starts_with(kFilePrefix)) {
                return std::unexpected(LogError{fmt::format("unknown log target {}", target)});
            }
            return file_sink(target.substr(kFilePrefix.size()), lost);
    }
    std::unreachable();
}

spdlog::level::level_enum level_of(config::LogLevel level) {
    switch (level) {
        case config::LogLevel::Debug:
            return spdlog::level::debug;
        case config::LogLevel::Info:
            return spdlog::level::info;
        case config::LogLevel::Warning:
            return spdlog::level::warn;
        case config::LogLevel::Error:
            return spdlog::level::err;
    }
    std::unreachable();
}

spdlog::level::level_enum level_of(ports::Severity severity) {
    switch (severity) {
        case ports::Severity::Debug:
            return spdlog::level::debug;
        case ports::Severity::Info:
            return spdlog::level::info;
        case ports::Severity::Warning:
            return spdlog::level::warn;
        case ports::Severity::Error:
            return spdlog::level::err;
    }
    std::unreachable();
}

/// The line without what could end it early or forge a second one.
std::string one_line(std::string_view line) {
    std::string safe(line);
    std::ranges::replace_if(
        safe, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }, '?');
    return safe;
}

class SpdlogLog final : public ProgramLog {
public:
    core::Result<void, LogError> apply(const config::LogSettings& settings) override {
        const SinkKind kind = kind_of(settings.target);
        const std::shared_ptr<const Output> before = current();
        SinkPointer sink;
        // One sink only may have the process's connection to syslog: its end closes it. Where the
        // kind stays the same, nothing but a file has to be opened anew.
        if (before != nullptr && before->kind == kind && kind != SinkKind::File) {
            sink = before->logger->sinks().front();
        } else {
            auto made = make_sink(kind, settings.target, lost_);
            if (!made.has_value()) {
                return std::unexpected(std::move(made.error()));
            }
            sink = std::move(*made);
        }
        auto logger = std::make_shared<spdlog::logger>(kIdentity, sink);
        logger->set_level(level_of(settings.level));
        logger->set_pattern(kLinePattern);
        auto next = std::make_shared<const Output>(Output{kind, std::move(logger)});
        output_.with([&next](auto& output) { output.swap(next); });
        return {};
    }

    void write(ports::Severity severity, std::string_view line) noexcept override {
        try {
            const std::shared_ptr<const Output> output = current();
            if (output != nullptr && output->logger->should_log(level_of(severity))) {
                output->logger->log(level_of(severity), spdlog::string_view_t(one_line(line)));
            }
        } catch (...) {  // NOLINT(bugprone-empty-catch): a line is lost, mail is not
        }
    }

    std::uint64_t lost() const override { return lost_->load(); }

private:
    struct Output {
        SinkKind kind;
        std::shared_ptr<spdlog::logger> logger;
    };

    [[nodiscard]] std::shared_ptr<const Output> current() const {
        return output_.with([](const auto& output) { return output; });
    }

    LostLines lost_ = std::make_shared<std::atomic<std::uint64_t>>(0);
    core::Guarded<std::shared_ptr<const Output>> output_;
};

}  // namespace

core::Result<std::unique_ptr<ProgramLog>, LogError> make_log(const config::LogSettings& settings) {
    auto log = std::make_unique<SpdlogLog>();
    if (auto applied = log->apply(settings); !applied.has_value()) {
        return std::unexpected(std::move(applied.error()));
    }
    return log;
}

}  // namespace holdback::io
