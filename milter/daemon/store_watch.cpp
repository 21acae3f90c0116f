// SPDX-License-Identifier: Apache-2.0
#include "milter/daemon/store_watch.hpp"

#include "config/settings.hpp"
#include "core/clock.hpp"
#include "core/text.hpp"
#include "io/sqlite/sqlite_db.hpp"
#include "io/system/private_file.hpp"
#include "milter/control_protocol.hpp"
#include "ports/log.hpp"
#include "report/metrics.hpp"

#include <chrono>
#include <cstddef>
#include <ctime>
#include <exception>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace holdback::milter::daemon {

namespace {

/// How long a start waits for the check of the store. A larger store is used meanwhile.
constexpr std::chrono::seconds kLookPatience{3};
constexpr std::chrono::seconds kBetweenTries{30};
constexpr std::chrono::minutes kBetweenWords{5};
constexpr std::size_t kMostOfWhy = 1000;

std::string_view what_becomes_of_mail(config::ErrorAnswer answer) {
    switch (answer) {
        case config::ErrorAnswer::Accept:
            return "mail flows without it";
        case config::ErrorAnswer::Tempfail:
            return "mail is deferred";
        case config::ErrorAnswer::Reject:
            return "mail is refused";
    }
    std::unreachable();
}

}  // namespace

InUseMark::InUseMark(const std::string& store_path)
    : path_(store_path + ".in-use"),
      was_left_(access(path_.c_str(), F_OK) == 0),
      is_kept_(was_left_) {
    // If no file can be made, the store can't be used either, and says why.
    static_cast<void>(io::system::create_private_file(path_, ""));
}

InUseMark::~InUseMark() {
    if (!is_kept_.load()) {
        unlink(path_.c_str());
    }
}

StoreWatch::StoreWatch(Parts parts) : parts_(std::move(parts)) {
    if (!parts_.mark.was_left() || parts_.database.disorder().has_value()) {
        return;
    }
    parts_.log.write(
        ports::Severity::Info,
        "store: the daemon did not end in good order the last time: looking for damage");
    is_looking_ = true;
    look_ = std::jthread([this](const std::stop_token& stop) {
        parts_.database.look_through([&] { return !stop.stop_requested(); });
        if (!stop.stop_requested() && !parts_.database.disorder().has_value()) {
            parts_.mark.passed();
        }
        const std::scoped_lock lock(look_mutex_);
        is_looking_ = false;
        look_ended_.notify_all();
    });
    std::unique_lock lock(look_mutex_);
    look_ended_.wait_for(lock, kLookPatience, [this] { return !is_looking_; });
}

void StoreWatch::begin() {
    if (!parts_.database.disorder().has_value()) {
        std::optional<std::string> refusal;
        try {
            refusal = parts_.refusal(parts_.database);
        } catch (const std::exception& error) {
            parts_.database.put_aside(error.what());
        }
        if (refusal.has_value()) {
            parts_.guard.refuse(*refusal);
        }
    }
    if (const auto disorder = parts_.database.disorder()) {
        say(*disorder);
        return;
    }
    use();
}

void StoreWatch::use() {
    parts_.on_ready();
    said_.reset();
    ready_.store(true);
}

bool StoreWatch::is_ready() const {
    return ready_.load() && !parts_.database.disorder().has_value();
}

bool StoreWatch::work(const std::stop_token& stop) {
    const core::SteadyPoint now = parts_.clock.steady_now();
    if (parts_.database.disorder().has_value()) {
        if (ready_.exchange(false)) {
            next_try_ = now + kBetweenTries;
        }
        parts_.guard.let_go();
        const bool asked = try_again_.exchange(false);
        if (asked || !next_try_.has_value() || now >= *next_try_) {
            next_try_ = now + kBetweenTries;
            take_up(asked, stop);
        }
    }
    if (const auto disorder = parts_.database.disorder()) {
        if (!said_.has_value() || now - *said_ >= kBetweenWords || said_why_ != disorder->why) {
            say(*disorder);
        }
        return false;
    }
    if (!ready_.load()) {
        parts_.log.write(ports::Severity::Info, "store: in order, and used from now on");
        use();
    }
    checkpoint();
    return true;
}

void StoreWatch::take_up(bool asked, const std::stop_token& stop) {
    const auto disorder = parts_.database.disorder();
    if (!disorder.has_value()) {
        return;
    }
    const FileMark mark = file_mark();
    if (disorder->damaged && damaged_ == mark && !asked) {
        return;
    }
    if (const auto taken = parts_.guard.take_again(); !taken.has_value()) {
        parts_.database.put_aside(taken.error());
        return;
    }
    // A store that was damaged or not left in good order is checked before use.
    std::optional<io::sqlite::Thoroughness> look;
    if (disorder->damaged || damaged_.has_value()) {
        look = io::sqlite::Thoroughness::Full;
    } else if (parts_.mark.was_left()) {
        look = io::sqlite::Thoroughness::Quick;
    }
    try {
        parts_.database.take_up({.look = look,
                                 .go_on = [&] { return !stop.stop_requested(); },
                                 .refusal = parts_.refusal});
        damaged_.reset();
        parts_.mark.passed();
    } catch (const io::sqlite::DatabaseDamaged&) {
        damaged_ = mark;
        parts_.mark.keep();
        parts_.guard.let_go();
    } catch (const io::sqlite::DatabaseError&) {
        // The database has the reason.
        parts_.guard.let_go();
    }
}

void StoreWatch::checkpoint() {
    try {
        // Here, where no message waits for it.
        parts_.database.checkpoint();
        checkpoint_trouble_.with([](std::string& trouble) { trouble.clear(); });
    } catch (const io::sqlite::DatabaseError& error) {
        checkpoint_trouble_.with([&](std::string& trouble) { trouble = error.what(); });
        const core::SteadyPoint now = parts_.clock.steady_now();
        if (!checkpoint_said_.has_value() || now - *checkpoint_said_ >= kBetweenWords) {
            checkpoint_said_ = now;
            parts_.log.write(ports::Severity::Warning,
                             fmt::format("store: no checkpoint: {}", core::log_safe(error.what())));
        }
    }
}

void StoreWatch::say(const io::sqlite::Disorder& disorder) {
    said_ = parts_.clock.steady_now();
    said_why_ = disorder.why;
    if (disorder.damaged) {
        parts_.mark.keep();
    }
    const config::ErrorAnswer answer = parts_.snapshots.current()->settings.on_error.store;
    parts_.log.write(
        ports::Severity::Error,
        fmt::format("store: out of order: {}: {}, nothing is held or learned; see holdbackctl "
                    "store check, then {}; it is used again without a restart",
                    core::printable(disorder.why, kMostOfWhy),
                    what_becomes_of_mail(answer),
                    disorder.damaged ? "put a copy of it in its place (holdbackctl store restore) "
                                       "or move it away and list the spool again (holdbackctl "
                                       "held rescue)"
                                     : "fix the cause"));
}

StoreWatch::FileMark StoreWatch::file_mark() const {
    struct stat status{};
    if (stat(parts_.database.path().c_str(), &status) != 0) {
        return {};
    }
    return {.inode = status.st_ino,
            .octets = status.st_size,
            .changed = std::chrono::seconds(status.st_mtim.tv_sec) +
                       std::chrono::nanoseconds(status.st_mtim.tv_nsec)};
}

std::vector<ControlLine> StoreWatch::status() const {
    if (const auto disorder = parts_.database.disorder()) {
        return {
            {"store", fmt::format("out of order: {}", core::printable(disorder->why, kMostOfWhy))}};
    }
    const std::string trouble = checkpoint_trouble_.with([](const auto& text) { return text; });
    return {{"store", trouble.empty() ? "ok" : core::printable(trouble, kMostOfWhy)}};
}

report::Metric StoreWatch::metric() const {
    return {.name = "holdback_store_out_of_order",
            .help = "1 while the store can't be used.",
            .type = report::MetricType::Gauge,
            .values = {{.label = {}, .value = is_ready() ? 0U : 1U}}};
}

}  // namespace holdback::milter::daemon
