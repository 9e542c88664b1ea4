#pragma once

#include <chrono>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>

/// What the server uses of Boost.Asio, for the sources of this folder alone.
namespace twinfleet::http::detail {

using Tcp = boost::asio::ip::tcp;
using ErrorCode = boost::system::error_code;
using SteadyClock = std::chrono::steady_clock;

// Spelled out, because the executor that Asio uses by default allocates.
using Executor = boost::asio::io_context::executor_type;
using Socket = boost::asio::basic_stream_socket<Tcp, Executor>;
using Acceptor = boost::asio::basic_socket_acceptor<Tcp, Executor>;
using Timer = boost::asio::basic_waitable_timer<SteadyClock, boost::asio::wait_traits<SteadyClock>, Executor>;
inline constexpr boost::asio::as_tuple_t<boost::asio::use_awaitable_t<Executor>> with_error;

inline constexpr auto never = SteadyClock::time_point::max();

}  // namespace twinfleet::http::detail
