#ifndef OUTKIT_IMAP_DETAIL_FRAME_IPP
#define OUTKIT_IMAP_DETAIL_FRAME_IPP

#include <outkit/imap/detail/frame.hpp>

#include <algorithm>
#include <charconv>

namespace outkit::inline OUTKIT_ABI::imap::detail {

// resp-cond-state, resp-cond-auth, resp-cond-bye, response-tagged and continue-req end in text.
OUTKIT_DECL bool ends_in_text(std::string_view line)
{
    if (!line.starts_with("* "))
        return true;
    line.remove_prefix(2);
    std::string_view const word = line.substr(0, line.find(' '));
    for (std::string_view const status : {"OK", "NO", "BAD", "BYE", "PREAUTH"})
        if (equal_no_case(word, status))
            return true;
    return false;
}

// literal = "{" number ["+"] "}" CRLF *CHAR8 ; RFC 9051 section 9
OUTKIT_DEF error_code framer::find_literal(std::string_view line, literal_mark& mark, bool& found) const
{
    found = false;
    if (line.empty() || line.back() != '}')
        return {};
    auto const open = line.rfind('{');
    if (open == std::string_view::npos)
        return {};
    std::string_view inside = line.substr(open + 1, line.size() - open - 2);
    if (inside.find_first_of("\"()") != std::string_view::npos)
        return {};
    if (role_ == role::server && inside.ends_with('+'))
    {
        mark.synchronizing = false;
        inside.remove_suffix(1);
    }
    bool const digits = !inside.empty() && inside.find_first_not_of("0123456789") == std::string_view::npos;
    if (!digits)
        return error::malformed_literal;
    auto const r = std::from_chars(inside.data(), inside.data() + inside.size(), mark.octets);
    if (r.ec != std::errc())
        return error::malformed_literal;
    found = true;
    return {};
}

OUTKIT_DEF framer::step framer::next(wire& w, error_code& ec)
{
    ec = {};
    if (!inside_)
    {
        kept_.clear();
        if (kept_.capacity() > wire::chunk)
            std::string().swap(kept_);
        marks_.clear();
        line_octets_ = 0;
    }
    for (;;)
    {
        if (in_literal_)
        {
            if (left_ != 0)
            {
                auto const most = std::min<std::uint64_t>(left_, std::size_t(-1));
                std::string_view const piece = w.buffered_bytes(static_cast<std::size_t>(most));
                if (piece.empty())
                    return step::need_input;
                left_ -= piece.size();
                if (!marks_.back().streamed)
                    kept_ += piece;
                else if ((ec = sink->take(piece)))
                    return step::need_input;
                if (left_ != 0)
                    continue;
            }
            in_literal_ = false;
        }
        auto const line = w.buffered_line();
        if (!line)
            return step::need_input;
        if (line->find('\r') != std::string_view::npos)
        {
            ec = outkit::error::bare_line_feed;
            return step::need_input;
        }
        if (!inside_)
        {
            inside_ = true;
            plain_text_ = role_ == role::client && ends_in_text(*line);
        }
        line_octets_ += line->size();
        if (line_octets_ > limits_->line)
        {
            ec = outkit::error::line_too_long;
            return step::need_input;
        }
        literal_mark mark;
        bool found = false;
        if (!plain_text_ && (ec = find_literal(*line, mark, found)))
        {
            if (role_ == role::client)
                return step::need_input;
            ec = {};  // the command's parser says BAD to it
        }
        if (!found)
        {
            inside_ = false;
            if (kept_.empty())
                text_ = *line;
            else
            {
                kept_ += *line;
                text_ = kept_;
            }
            return step::complete;
        }
        if (marks_.size() == limits_->literals)
        {
            ec = error::too_many_literals;
            return step::need_input;
        }
        kept_ += *line;
        kept_ += "\r\n";
        text_ = kept_;  // so far, for the server to see whose literal it refuses
        mark.at = kept_.size();
        mark.streamed = sink && sink->wants(kept_, mark.octets);
        if (mark.streamed ? mark.octets > limits_->streamed_literal
                          : mark.octets > limits_->response || kept_.size() > limits_->response - mark.octets)
        {
            ec = error::literal_too_long;
            return step::need_input;
        }
        marks_.push_back(mark);
        left_ = mark.octets;
        in_literal_ = true;
        if (mark.streamed && left_ == 0 && (ec = sink->take({})))
            return step::need_input;
        if (role_ == role::server)
            return step::literal;
    }
}

OUTKIT_DEF void framer::refuse()
{
    inside_ = in_literal_ = false;
    left_ = 0;
}

}  // namespace outkit::inline OUTKIT_ABI::imap::detail

#endif
