#ifndef OUTKIT_DETAIL_WIRE_HPP
#define OUTKIT_DETAIL_WIRE_HPP

#include <outkit/detail/flow.hpp>

#include <functional>

namespace outkit::inline OUTKIT_ABI::detail {

// One end of a conversation: buffer, framing and deadlines, no socket. Clients and mock servers
// use the same class. It holds what has arrived and not been asked for, at most max_line + 16 KB.
class wire
{
public:
    static constexpr std::size_t chunk = 16 * 1024;  // one TLS record

    explicit wire(std::size_t max_line = 8192) : max_line_(max_line) {}

    // How long one call below may take altogether, however slowly the bytes drip.
    std::chrono::milliseconds patience{60'000};

    // Connects, replacing the connection there was, and does the TLS handshake if asked to.
    flow<> connect(std::string host, std::uint16_t port, bool tls);
    flow<> close();

    // Upgrades to TLS. Refuses if plaintext is already buffered (response injection, CVE-2011-0411).
    // A client verifies `host`; empty: the one it has connected to.
    flow<> start_tls(std::string host = {});

    // The next line, without its CRLF. A lone LF ends a line here too; the product refuses it unless
    // a quirk asks for it (R-IMA-02), and takes its limits from security.md section 3.
    flow<std::string> read_line();

    // Exactly n bytes. For bodies and literals of unknown size pass a sink: it gets them piece by piece.
    flow<std::string> read_exactly(std::size_t n);
    using sink = std::function<void(std::string_view)>;
    flow<> read_exactly(std::size_t n, sink to);
    flow<> read_to_end(sink to);

    // Sends all of `bytes`.
    flow<> write(std::string bytes);

    // Waits for input, the event or a time. Nothing is read, and no buffer held meanwhile.
    flow<wake> wait(event::watch& w, time_point until = never);

    // For loops over many lines: a line already here, valid until the next call, or nothing; then fill().
    std::optional<std::string_view> buffered_line();
    flow<> fill();

private:
    flow<std::size_t> read_more(time_point deadline);
    std::string_view buffered() const { return std::string_view(input_).substr(taken_); }

    std::size_t max_line_;
    std::string host_;
    std::string input_;
    std::size_t taken_ = 0;     // input_ before this offset has been used
    std::size_t searched_ = 0;  // input_ from taken_ to here has no line end
};

}  // namespace outkit::inline OUTKIT_ABI::detail

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/detail/wire.ipp>
#endif

#endif
