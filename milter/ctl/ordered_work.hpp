// SPDX-License-Identifier: Apache-2.0
#pragma once
// Does pieces of work on several threads; the results come in the order of the inputs.

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <thread>
#include <utility>
#include <vector>

namespace holdback::milter::ctl {

/// Limits of the work under way at one time.
struct WorkLimits {
    std::size_t threads = 1;
    std::size_t pieces = 1;  ///< added and not yet taken
    std::size_t weight = 0;  ///< of the inputs whose work is not done; one always fits
};

/// Gives inputs to a bounded number of threads, and their results to one taker. One thread calls
/// `add` and `finish`; `take` runs on it too, and so does the work on a single input.
/// Default-constructed inputs and outputs hold nothing.
template <typename Input, typename Output>
class OrderedWork {
public:
    using Work = std::function<Output(const Input&)>;
    using Take = std::function<void(const Output&)>;

    /// `work` runs on several threads at once. If it throws, `add` or `finish` throws that
    /// exception when the result is due.
    OrderedWork(WorkLimits limits, Work work, Take take)
        : limits_(limits), work_(std::move(work)), take_(std::move(take)) {}
    OrderedWork(const OrderedWork&) = delete;
    OrderedWork& operator=(const OrderedWork&) = delete;
    OrderedWork(OrderedWork&&) = delete;
    OrderedWork& operator=(OrderedWork&&) = delete;
    /// Drops all work that has not begun.
    ~OrderedWork() {
        for (std::jthread& thread : threads_) {
            thread.request_stop();
        }
    }

    /// Adds a piece of work. Before that, hands out the results that are due, and waits for results
    /// while too much is under way.
    void add(Input input, std::size_t weight) {
        take_due(weight);
        {
            const std::scoped_lock lock(mutex_);
            pieces_.push_back(std::make_unique<Piece>(std::move(input), weight));
            to_do_.push_back(pieces_.back().get());
            weight_ += weight;
        }
        // A single piece is done by the taker: a thread would cost more than it saves.
        const bool wanted = pieces_.size() > 1 && threads_.size() < pieces_.size();
        if (wanted && threads_.size() < limits_.threads) {
            threads_.emplace_back([this](const std::stop_token& stop) { run(stop); });
        }
        given_.notify_one();
    }

    /// Waits for all remaining results and hands them out.
    void finish() {
        while (!pieces_.empty()) {
            take_first();
        }
    }

private:
    struct Piece {
        Piece(Input given, std::size_t its_weight) : input(std::move(given)), weight(its_weight) {}

        Input input;  // gone when the work is done
        std::size_t weight;
        Output output{};
        std::exception_ptr error;
        bool done = false;  // guarded by mutex_; the members above belong to the worker until then
    };

    [[nodiscard]] bool is_first_done() {
        const std::scoped_lock lock(mutex_);
        return !pieces_.empty() && pieces_.front()->done;
    }

    [[nodiscard]] bool has_room_for(std::size_t weight) {
        const std::scoped_lock lock(mutex_);
        const bool light = weight_ == 0 || weight_ + weight <= limits_.weight;
        return pieces_.empty() || (pieces_.size() < limits_.pieces && light);
    }

    void take_due(std::size_t weight) {
        while (is_first_done() || !has_room_for(weight)) {
            take_first();
        }
    }

    void take_first() {
        if (threads_.empty()) {
            Piece& piece = *to_do_.front();
            to_do_.pop_front();
            do_piece(piece);
        }
        {
            std::unique_lock lock(mutex_);
            done_.wait(lock, [this] { return pieces_.front()->done; });
        }
        // No worker refers to the piece any more.
        const std::unique_ptr<Piece> piece = std::move(pieces_.front());
        pieces_.pop_front();
        if (piece->error != nullptr) {
            std::rethrow_exception(piece->error);
        }
        take_(piece->output);
    }

    void do_piece(Piece& piece) {
        try {
            piece.output = work_(piece.input);
        } catch (...) {
            piece.error = std::current_exception();
        }
        piece.input = Input{};
        {
            const std::scoped_lock lock(mutex_);
            weight_ -= piece.weight;
            piece.done = true;
        }
        done_.notify_one();
    }

    void run(const std::stop_token& stop) {
        while (true) {
            Piece* piece = nullptr;
            {
                std::unique_lock lock(mutex_);
                if (!given_.wait(lock, stop, [this] { return !to_do_.empty(); })) {
                    return;
                }
                if (stop.stop_requested()) {
                    return;
                }
                piece = to_do_.front();
                to_do_.pop_front();
            }
            do_piece(*piece);
        }
    }

    WorkLimits limits_;
    Work work_;
    Take take_;
    // Only the adding thread changes it, under the mutex where a worker could look.
    std::deque<std::unique_ptr<Piece>> pieces_;  // in order, until they are taken
    std::mutex mutex_;
    std::deque<Piece*> to_do_;  // guarded by mutex_
    std::size_t weight_ = 0;    // guarded by mutex_
    std::condition_variable_any given_;
    std::condition_variable_any done_;
    std::vector<std::jthread> threads_;  // last: joined before the rest goes
};

}  // namespace holdback::milter::ctl
