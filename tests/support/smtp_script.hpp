// SPDX-License-Identifier: Apache-2.0
#pragma once
// A small SMTP server that answers as a test tells it, well or badly.

#include "io/system/file_handle.hpp"

#include <atomic>
#include <cstddef>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace holdback::support {

/// Answers with a reply; or hangs until the client goes; or closes the connection.
inline constexpr std::string_view kHang = "(hang)";
inline constexpr std::string_view kClose = "(close)";
/// What `SmtpScript::Answer` is asked besides the client's lines.
inline constexpr std::string_view kGreeting = "(greeting)";
inline constexpr std::string_view kEndOfData = "(end of data)";

/// Listens on a port of the loopback interface; serves one connection after the other in a thread
/// of its own.
class SmtpScript {
public:
    /// The reply to a line of the client (without CRLF), with its line ends; or `kHang`, `kClose`.
    using Answer = std::function<std::string(std::string_view line)>;

    explicit SmtpScript(Answer answer);
    SmtpScript(const SmtpScript&) = delete;
    SmtpScript& operator=(const SmtpScript&) = delete;
    SmtpScript(SmtpScript&&) = delete;
    SmtpScript& operator=(SmtpScript&&) = delete;
    ~SmtpScript();

    [[nodiscard]] const std::string& port() const { return port_; }
    /// The lines of all clients so far, without CRLF and without the data.
    [[nodiscard]] std::vector<std::string> lines() const;
    /// The octets between the reply to DATA and the end, with the final dot.
    [[nodiscard]] std::string data() const;
    /// Closes the connection after so many octets of data.
    void close_in_data_after(std::size_t octets) { data_limit_ = octets; }

    /// Answers as a well-behaved server that offers these extensions.
    [[nodiscard]] static std::string polite(std::string_view line,
                                            std::string_view extensions = "");

private:
    void serve();
    void talk(int socket);
    [[nodiscard]] bool take_data(int socket, std::string& unread);

    Answer answer_;
    std::string port_;
    io::system::FileHandle listener_;
    std::atomic<std::size_t> data_limit_ = static_cast<std::size_t>(-1);
    std::atomic<bool> stopping_ = false;
    mutable std::mutex mutex_;
    std::vector<std::string> lines_;
    std::string data_;
    std::jthread thread_;  // last: it uses the others
};

}  // namespace holdback::support
