// SPDX-License-Identifier: Apache-2.0
#pragma once
// Pieces of work done on several threads, their results in the order in which the work came.

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

/// How much may be under way at one time.
struct WorkLimits {
    std::size_t threads = 1;
    std::size_t pieces = 1;  ///< given and not yet taken back
    std::size_t weight = 0;  ///< of the inputs of which the work is not done; one always fits
};

/// Gives inputs to a bounded number of threads and their results to one taker. Both `add` and
/// `finish` belong to one thread, which is also the one that runs `take`. Inputs and outputs have a
/// default that holds nothing.
template <typename Input, typename Output>
class OrderedWork {
public:
    using Work = std::function<Output(const Input&)>;
    using Take = std::function<void(const Output&)>;

    /// `work` runs on several threads at once; an exception out of it comes out of `add` or
    /// `finish` when its result is due.
    OrderedWork(WorkLimits limits, Work work, Take take)
        : limits_(limits), work_(std::move(work)), take_(std::move(take)) {}
    OrderedWork(const OrderedWork&) = delete;
    OrderedWork& operator=(const OrderedWork&) = delete;
    OrderedWork(OrderedWork&&) = delete;
    OrderedWork& operator=(OrderedWork&&) = delete;
    /// What has not begun is dropped.
    ~OrderedWork() {
        for (std::jthread& thread : threads_) {
            thread.request_stop();
        }
    }

    /// Takes a piece of work, `weight` of it; before that, waits for results while too much is
    /// under way, and hands out those that are due.
    void add(Input input, std::size_t weight) {
        take_due(weight);
        {
            const std::scoped_lock lock(mutex_);
            pieces_.push_back(std::make_unique<Piece>(std::move(input), weight));
            to_do_.push_back(pieces_.back().get());
            weight_ += weight;
        }
        if (threads_.size() < limits_.threads && threads_.size() < pieces_.size()) {
            threads_.emplace_back([this](const std::stop_token& stop) { run(stop); });
        }
        given_.notify_one();
    }

    /// Hands out all that is left.
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
        bool done = false;  // guarded by mutex_; what is above belongs to the worker until then
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
        {
            std::unique_lock lock(mutex_);
            done_.wait(lock, [this] { return pieces_.front()->done; });
        }
        // No worker knows the piece any more.
        const std::unique_ptr<Piece> piece = std::move(pieces_.front());
        pieces_.pop_front();
        if (piece->error != nullptr) {
            std::rethrow_exception(piece->error);
        }
        take_(piece->output);
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
            try {
                piece->output = work_(piece->input);
            } catch (...) {
                piece->error = std::current_exception();
            }
            piece->input = Input{};
            {
                const std::scoped_lock lock(mutex_);
                weight_ -= piece->weight;
                piece->done = true;
            }
            done_.notify_one();
        }
    }

    WorkLimits limits_;
    Work work_;
    Take take_;
    // Changed by the adding thread alone, under the mutex where a worker could look.
    std::deque<std::unique_ptr<Piece>> pieces_;  // in order, until they are taken
    std::mutex mutex_;
    std::deque<Piece*> to_do_;  // guarded by mutex_
    std::size_t weight_ = 0;    // guarded by mutex_
    std::condition_variable_any given_;
    std::condition_variable_any done_;
    std::vector<std::jthread> threads_;  // last: joined before the rest goes
};

}  // namespace holdback::milter::ctl
