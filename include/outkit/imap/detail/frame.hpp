#ifndef OUTKIT_IMAP_DETAIL_FRAME_HPP
#define OUTKIT_IMAP_DETAIL_FRAME_HPP

#include <outkit/detail/wire.hpp>
#include <outkit/imap/types.hpp>

#include <span>

namespace outkit::inline OUTKIT_ABI::imap::detail {

using outkit::detail::attempt;
using outkit::detail::environment;
using outkit::detail::event;
using outkit::detail::fail;
using outkit::detail::flow;
using outkit::detail::this_environment;
using outkit::detail::time_point;
using outkit::detail::wake;
using outkit::detail::wire;

// A literal of a frame. Its octets stand in the frame's text from `at` on, unless they went to a sink.
struct literal_mark
{
    std::size_t at = 0;
    std::uint64_t octets = 0;
    bool streamed = false;
    bool synchronizing = true;
};

// Takes literals that are not to be kept in memory.
class literal_sink
{
public:
    // The frame so far ends with the marker. Octets that are not wanted are kept in the frame.
    virtual bool wants(std::string_view frame, std::uint64_t octets) = 0;
    virtual error_code take(std::string_view piece) = 0;

protected:
    ~literal_sink() = default;
};

// First of two stages (R-IMA-01): cuts what arrives into frames, lines with their literals, under the limits, and looks
// at nothing else. A frame of one line is a view into the wire's buffer; nothing is allocated for it.
class framer
{
public:
    enum class role
    {
        client,  // reads responses: status text may end in what looks like a literal
        server   // reads commands, and says before each literal whether it may come
    };
    enum class step
    {
        need_input,
        literal,  // server: the octets of literals().back() come next; accept it with the next call, or refuse the frame
        complete
    };

    framer(role r, limits const& l) : limits_(&l), role_(r) {}

    // Goes as far as what has arrived allows. After `complete`, the frame is valid until the next call or read. After
    // `literal` and literal_too_long it is the frame so far.
    OUTKIT_DECL step next(wire& w, error_code& ec);

    std::string_view text() const { return text_; }
    std::span<literal_mark const> literals() const { return marks_; }
    bool inside() const { return inside_; }  // a frame has begun
    bool in_literal() const { return in_literal_; }

    // Server: drops the frame that has come so far, whose literal was refused.
    OUTKIT_DECL void refuse();

    literal_sink* sink = nullptr;

private:
    OUTKIT_DECL error_code find_literal(std::string_view line, literal_mark& mark, bool& found) const;

    limits const* limits_;
    role role_;
    std::string kept_;
    std::string_view text_;
    std::vector<literal_mark> marks_;
    std::uint64_t left_ = 0;  // of the literal
    std::size_t line_octets_ = 0;
    bool inside_ = false;
    bool in_literal_ = false;
    bool plain_text_ = false;  // the frame is a status response, which has no literals
};

}  // namespace outkit::inline OUTKIT_ABI::imap::detail

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/imap/detail/frame.ipp>
#endif

#endif
