#ifndef OUTKIT_DETAIL_WIRE_HPP
#define OUTKIT_DETAIL_WIRE_HPP

#include <outkit/detail/flow.hpp>
#include <outkit/detail/wiping.hpp>

#include <functional>

namespace outkit::inline OUTKIT_ABI {
struct proxy;
}

namespace outkit::inline OUTKIT_ABI::detail {

// One end of a conversation: buffer, framing and deadlines, no socket. Clients and mock servers
// use the same class. It holds what has arrived and not been asked for, at most max_line + 16 KB.
class wire
{
public:
    static constexpr std::size_t chunk = 16 * 1024;  // one TLS record

    explicit wire(std::size_t longest_line = 8192) : max_line(longest_line) {}
    wire(wire const&) = delete;
    ~wire() { wipe(input_); }

    std::size_t max_line;  // longer ones fail with error::line_too_long

    // How long one call below may take altogether, however slowly the bytes drip.
    std::chrono::milliseconds patience{60'000};

    // Takes a lone LF for a line end. For a server that is known to send one, named where it is set.
    bool lenient_line_ends = false;

    // Opt-in. Told what is said, both ways: lines as they are, secrets and bodies as their length only. It may be replaced
    // at any time, also by itself. One that throws is told nothing more.
    enum class direction
    {
        sent,
        received
    };
    using trace_hook = std::function<void(direction, std::string_view)>;
    trace_hook trace;
    bool untold = false;  // lines are told by whoever reads or writes them, with report()
    OUTKIT_DECL void report(direction d, std::string_view text);

    // Connects, replacing the connection there was, and does the TLS handshake if asked to. Goes through a proxy where the
    // stream's proxy_settings say so; what the server says first in plaintext may then have arrived already.
    OUTKIT_DECL flow<> connect(std::string host, std::uint16_t port, bool tls);
    OUTKIT_DECL flow<> close();

    // Upgrades to TLS. Refuses if plaintext is already buffered (response injection, CVE-2011-0411).
    // A client verifies `host`; empty: the one it has connected to.
    OUTKIT_DECL flow<> start_tls(std::string host = {});
    bool encrypted() const { return encrypted_; }  // a handshake on this connection has succeeded

    // The next line, without its CRLF. A lone LF or a NUL in it is error::bare_line_feed.
    OUTKIT_DECL flow<std::string> read_line();
    // The same, or nothing if the event comes first. What has arrived of the line is kept.
    OUTKIT_DECL flow<std::optional<std::string>> read_line(event::watch& or_event);

    // Exactly n bytes. For bodies and literals of unknown size pass a sink: it gets them piece by piece.
    OUTKIT_DECL flow<std::string> read_exactly(std::size_t n);
    using sink = std::function<void(std::string_view)>;
    OUTKIT_DECL flow<> read_exactly(std::size_t n, sink to);
    // The same; returns how many bytes were still to come when the event came first.
    OUTKIT_DECL flow<std::size_t> read_exactly(std::size_t n, sink to, event::watch& or_event);
    OUTKIT_DECL flow<> read_to_end(sink to);

    // Sends all of `bytes`. What holds a secret is said so, for the trace.
    enum class content
    {
        plain,
        secret
    };
    static constexpr content redact = content::secret;
    OUTKIT_DECL flow<> write(std::string bytes, content what = content::plain);

    // Waits for input, the event or a time. Nothing is read, and no buffer held meanwhile.
    OUTKIT_DECL flow<wake> wait(event::watch& w, time_point until = never);

    // For loops over many lines: a line already here, valid until the next call, or nothing; then fill().
    OUTKIT_DECL std::optional<std::string_view> buffered_line();
    OUTKIT_DECL flow<> fill();
    // The same for bytes: up to n of those already here, valid until the next call.
    OUTKIT_DECL std::string_view buffered_bytes(std::size_t n);
    bool has_buffered() const { return !buffered().empty(); }
    // All of them, to look at only. For formats whose end cannot be told before it has been seen.
    std::string_view peek() const { return buffered(); }

private:
    OUTKIT_DECL flow<> dial(std::string host, std::uint16_t port, time_point deadline);
    OUTKIT_DECL flow<> open_tunnel(proxy const& through, bool tls_follows, time_point deadline);
    OUTKIT_DECL flow<> ask_for_tunnel(proxy const& through, std::string target, time_point deadline);
    OUTKIT_DECL flow<std::size_t> read_more(time_point deadline);
    OUTKIT_DECL flow<bool> interrupted(event::watch& w, time_point deadline);
    OUTKIT_DECL flow<std::size_t> read_up_to(std::size_t n, sink to, event::watch* or_event);
    OUTKIT_DECL error_code bad_line() const;
    std::string_view buffered() const { return std::string_view(input_).substr(taken_); }
    OUTKIT_DECL void forget();
    OUTKIT_DECL void tell(direction d, std::string_view text);
    OUTKIT_DECL void tell_size(direction d, std::size_t n, char const* what);

    std::string host_;  // and port_: whom it has connected to
    std::uint16_t port_ = 0;
    std::string input_;
    std::size_t taken_ = 0;     // input_ before this offset has been used
    std::size_t searched_ = 0;  // input_ from taken_ to here has no line end
    bool malformed_ = false;    // at taken_ is a line with a lone LF or a NUL
    bool encrypted_ = false;
};

// Blanks what looks like a token, wherever it stands: the second net below wire::redact.
OUTKIT_DECL std::string without_tokens(std::string_view text);

}  // namespace outkit::inline OUTKIT_ABI::detail

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/detail/wire.ipp>
#endif

#endif
