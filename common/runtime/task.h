// Coroutines, as this project uses them.
//
//   Task<T>   what a coroutine returns: asio::awaitable over io_context's own executor type. The typed
//             executor matters: the erased one costs 0.8 us a request (docs/decisions/0003).
//   use_task  the completion token that makes an Asio operation awaitable.
//   spawn     starts a coroutine on an executor. An exception that leaves it is logged with the name, once:
//             nothing is ever `detached` and silent.
//
// A coroutine stays on the thread of the io_context that it was started on; it resumes there after every
// co_await, so what one thread owns needs no lock.

#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <string>

namespace common {

namespace asio = boost::asio;

using Executor = asio::io_context::executor_type;

template <class T = void>
using Task = asio::awaitable<T, Executor>;

inline constexpr asio::use_awaitable_t<Executor> use_task;

using Timer =
    asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>, Executor>;

// Logs `error` as having escaped from the coroutine `name`; does nothing for a null pointer.
void log_escape(const std::string& name, const std::exception_ptr& error) noexcept;

// Starts `task` on `executor`. `name` is for the log, should an exception leave it.
void spawn(Executor executor, std::string name, Task<void> task);

// Suspends for `duration`. Returns early, without an error, when cancelled.
Task<void> sleep_for(std::chrono::nanoseconds duration);

}  // namespace common
