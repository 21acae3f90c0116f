// SPDX-License-Identifier: Apache-2.0
#include "io/system/log_setup.hpp"

#include "config/settings.hpp"
#include "core/guarded.hpp"
#include "core/result.hpp"
#include "io/system/file_handle.hpp"
#include "io/system/files.hpp"
#include "ports/log.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <deque>
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

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>

namespace holdback::io::system {

namespace {

constexpr const char* kIdentity = "holdback";
constexpr const char* kJournalSocket = "/run/systemd/journal/socket";
constexpr const char* kSyslogSocket = "/dev/log";
constexpr std::string_view kFilePrefix = "file:";
constexpr const char* kLinePattern = "%Y-%m-%dT%H:%M:%S.%e%z holdback[%P] %l: %v";

class PatientSink;
using SinkPointer = std::shared_ptr<PatientSink>;

std::string text_of(int error) {
    return std::generic_category().message(error);
}

/// Lines that were not written when they should have been.
struct LineCounts {
    std::atomic<std::uint64_t> lost{0};
    std::atomic<std::uint64_t> late{0};  ///< those that still wait
};
using SharedCounts = std::shared_ptr<LineCounts>;

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

/// Lines that a target did not take wait in memory and go before the next one that it takes. Beyond
/// a limit they are lost and counted, and a line with their number takes their place.
class PatientSink : public spdlog::sinks::base_sink<std::mutex> {
public:
    explicit PatientSink(SharedCounts counts) : counts_(std::move(counts)) {}
    PatientSink(const PatientSink&) = delete;
    PatientSink& operator=(const PatientSink&) = delete;
    PatientSink(PatientSink&&) = delete;
    PatientSink& operator=(PatientSink&&) = delete;
    ~PatientSink() override {
        counts_->lost.fetch_add(late_.size());
        counts_->late.fetch_sub(late_.size());
    }

    /// Takes over the late lines of another sink of the same kind, before anything is written here.
    void inherit(PatientSink& other) {
        const std::scoped_lock lock(mutex_, other.mutex_);
        std::swap(late_, other.late_);
        std::swap(octets_, other.octets_);
        std::swap(missing_, other.missing_);
        std::swap(why_, other.why_);
    }

protected:
    /// A line in the form that the target wants.
    [[nodiscard]] virtual std::string shaped(const spdlog::details::log_msg& message) = 0;
    /// False when the target did not take the line whole; `errno` tells why.
    [[nodiscard]] virtual bool send(const std::string& line) = 0;

    void sink_it_(const spdlog::details::log_msg& message) final {
        std::string line = shaped(message);
        if (send_late(message) && send(line)) {
            return;
        }
        why_ = text_of(errno);
        if (octets_ + line.size() > kMostOctets) {
            ++missing_;
            counts_->lost.fetch_add(1);
            return;
        }
        octets_ += line.size();
        counts_->late.fetch_add(1);
        late_.push_back(std::move(line));
    }
    void flush_() final {}

private:
    static constexpr std::size_t kMostOctets = std::size_t{4} << 20U;

    /// True when no line is late any more.
    [[nodiscard]] bool send_late(const spdlog::details::log_msg& message) {
        if (late_.empty()) {
            return true;
        }
        const std::string words =
            fmt::format("log: {} lines come late, and {} lines after them are missing: {}",
                        late_.size(),
                        missing_,
                        why_);
        if (!is_said_ && !send(shaped({message.time,
                                       message.source,
                                       message.logger_name,
                                       spdlog::level::err,
                                       spdlog::string_view_t(words)}))) {
            return false;
        }
        is_said_ = true;
        while (!late_.empty()) {
            if (!send(late_.front())) {
                return false;
            }
            octets_ -= late_.front().size();
            counts_->late.fetch_sub(1);
            late_.pop_front();
        }
        is_said_ = false;
        missing_ = 0;
        return true;
    }

    SharedCounts counts_;
    std::deque<std::string> late_;
    std::size_t octets_ = 0;     // of the late lines
    std::uint64_t missing_ = 0;  // since the last line that was written
    std::string why_;
    bool is_said_ = false;
};

/// Standard error, or a file that the sink then owns. One write(2) per line: no line is lost when
/// the process ends, and the lines of several writers do not mix.
class DescriptorSink : public PatientSink {
public:
    DescriptorSink(std::optional<FileHandle> file, SharedCounts lost)
        : PatientSink(std::move(lost)), file_(std::move(file)) {}

protected:
    [[nodiscard]] std::string shaped(const spdlog::details::log_msg& message) override {
        spdlog::memory_buf_t line;
        formatter_->format(message, line);
        return {line.data(), line.size()};
    }
    [[nodiscard]] bool send(const std::string& line) final {
        // Ends the cut-off line before this one.
        const std::string text = cut_ ? "\n" + line : line;
        const std::size_t written =
            write_all(file_.has_value() ? file_->get() : STDERR_FILENO, text);
        const bool is_whole = written == text.size();
        cut_ = !is_whole && (written > 0 || cut_);
        return is_whole;
    }

private:
    std::optional<FileHandle> file_;
    bool cut_ = false;  // the file ends within a line
};

/// Standard error with the priority in front, as a service manager reads it (sd-daemon(3)).
class PrefixSink final : public DescriptorSink {
public:
    explicit PrefixSink(SharedCounts lost) : DescriptorSink(std::nullopt, std::move(lost)) {}

protected:
    [[nodiscard]] std::string shaped(const spdlog::details::log_msg& message) override {
        return fmt::format("<{}>{}\n", syslog_priority(message.level), payload_of(message));
    }
};

/// One datagram per line. The address is looked up for each, so that a restarted log daemon is
/// found again.
class DatagramSink : public PatientSink {
public:
    DatagramSink(FileHandle socket, std::string_view path, SharedCounts lost)
        : PatientSink(std::move(lost)), socket_(std::move(socket)) {
        address_.sun_family = AF_UNIX;
        path.copy(&address_.sun_path[0], sizeof address_.sun_path - 1);
    }

protected:
    [[nodiscard]] bool send(const std::string& line) final {
        // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): how C spells an address
        const auto* const address = reinterpret_cast<const sockaddr*>(&address_);
        return ::sendto(socket_.get(),
                        line.data(),
                        line.size(),
                        MSG_NOSIGNAL,
                        address,
                        sizeof address_) >= 0;
    }

private:
    FileHandle socket_;
    sockaddr_un address_{};
};

/// Fields, in the journal's own protocol.
class JournalSink final : public DatagramSink {
public:
    JournalSink(FileHandle socket, SharedCounts lost)
        : DatagramSink(std::move(socket), kJournalSocket, std::move(lost)) {}

protected:
    [[nodiscard]] std::string shaped(const spdlog::details::log_msg& message) override {
        return fmt::format("MESSAGE={}\nPRIORITY={}\nSYSLOG_IDENTIFIER={}\nSYSLOG_FACILITY={}\n",
                           payload_of(message),
                           syslog_priority(message.level),
                           kIdentity,
                           static_cast<unsigned>(LOG_MAIL) >> 3U);
    }
};

/// Writes what syslog(3) would; that call tells nobody when a line is lost.
class SyslogSink final : public DatagramSink {
public:
    SyslogSink(FileHandle socket, SharedCounts lost)
        : DatagramSink(std::move(socket), kSyslogSocket, std::move(lost)) {}

protected:
    [[nodiscard]] std::string shaped(const spdlog::details::log_msg& message) override {
        return fmt::format(
            "<{}>{:%b %e %T} {}[{}]: {}",
            static_cast<unsigned>(LOG_MAIL) | static_cast<unsigned>(syslog_priority(message.level)),
            fmt::localtime(std::chrono::system_clock::to_time_t(message.time)),
            kIdentity,
            ::getpid(),
            payload_of(message));
    }
};

// ---- From settings to a sink -------------------------------------------------------------------

/// The kind of sink that a target means on this machine.
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

core::Result<SinkPointer, LogError> file_sink(const std::string& path, const SharedCounts& lost) {
    constexpr mode_t kMode = 0640;
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-vararg): the only open(2) that takes a mode
    FileHandle file(::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, kMode));
    if (file.get() < 0) {
        return std::unexpected(LogError{fmt::format("cannot open {}: {}", path, text_of(errno))});
    }
    return std::make_shared<DescriptorSink>(std::move(file), lost);
}

core::Result<SinkPointer, LogError> make_sink(SinkKind kind,
                                              const std::string& target,
                                              const SharedCounts& lost) {
    switch (kind) {
        case SinkKind::Journal:
        case SinkKind::Syslog: {
            FileHandle socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
            if (socket.get() < 0) {
                return std::unexpected(
                    LogError{fmt::format("cannot reach the {}: {}", target, text_of(errno))});
            }
            if (kind == SinkKind::Journal) {
                return std::make_shared<JournalSink>(std::move(socket), lost);
            }
            return std::make_shared<SyslogSink>(std::move(socket), lost);
        }
        case SinkKind::PrefixedStderr:
            return std::make_shared<PrefixSink>(lost);
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

/// The line without characters that could end it early or forge a second one.
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
        // When the kind stays the same, only a file has to be opened anew.
        if (before != nullptr && before->kind == kind && kind != SinkKind::File) {
            sink = before->sink;
        } else {
            auto made = make_sink(kind, settings.target, counts_);
            if (!made.has_value()) {
                return std::unexpected(std::move(made.error()));
            }
            sink = std::move(*made);
            if (before != nullptr && before->kind == kind) {
                sink->inherit(*before->sink);
            }
        }
        auto logger = std::make_shared<spdlog::logger>(kIdentity, sink);
        logger->set_level(level_of(settings.level));
        logger->set_pattern(kLinePattern);
        auto next =
            std::make_shared<const Output>(Output{kind, std::move(sink), std::move(logger)});
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

    std::uint64_t lost() const override { return counts_->lost.load(); }
    std::uint64_t late() const override { return counts_->late.load(); }

private:
    struct Output {
        SinkKind kind;
        SinkPointer sink;
        std::shared_ptr<spdlog::logger> logger;
    };

    [[nodiscard]] std::shared_ptr<const Output> current() const {
        return output_.with([](const auto& output) { return output; });
    }

    SharedCounts counts_ = std::make_shared<LineCounts>();
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

}  // namespace holdback::io::system
