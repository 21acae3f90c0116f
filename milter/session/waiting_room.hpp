// SPDX-License-Identifier: Apache-2.0
#pragma once
// Limits how many callbacks may wait at one time: each one that waits takes a thread of libmilter.

#include <atomic>
#include <cstddef>
#include <utility>

namespace holdback::milter::session {

/// Counts the callbacks that wait. Safe from several threads.
class WaitingRoom {
public:
    /// The right of one callback to wait, as long as the object lives.
    class Seat {
    public:
        explicit Seat(std::atomic<std::size_t>* waiting) : waiting_(waiting) {}
        Seat(const Seat&) = delete;
        Seat& operator=(const Seat&) = delete;
        Seat(Seat&& other) noexcept : waiting_(std::exchange(other.waiting_, nullptr)) {}
        Seat& operator=(Seat&&) = delete;
        ~Seat() {
            if (waiting_ != nullptr) {
                waiting_->fetch_sub(1);
            }
        }
        /// False when the room is full: do not wait.
        [[nodiscard]] bool is_taken() const { return waiting_ != nullptr; }

    private:
        std::atomic<std::size_t>* waiting_;
    };

    [[nodiscard]] Seat take(std::size_t most) {
        std::size_t waiting = waiting_.load();
        while (waiting < most) {
            if (waiting_.compare_exchange_weak(waiting, waiting + 1)) {
                return Seat(&waiting_);
            }
        }
        return Seat(nullptr);
    }

    [[nodiscard]] std::size_t waiting() const { return waiting_.load(); }

private:
    std::atomic<std::size_t> waiting_{0};
};

}  // namespace holdback::milter::session
