#ifndef OUTKIT_MOCK_AADSTS_HPP
#define OUTKIT_MOCK_AADSTS_HPP

#include <outkit/config.hpp>

#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>

// The errors of the mock authority: number, OAuth error, HTTP status and text as the real one sends them.

namespace outkit::inline OUTKIT_ABI::mock {

/// Where a row's text is known from.
enum class text_source
{
    observed,    // in a public transcript or recording
    documented,  // in Microsoft's public error reference or the page of the flow
    inferred     // the number is Microsoft's, the words are a guess
};

/// One error as the token endpoint reports it. Braces in the text name what is filled in.
struct aadsts_row
{
    int code;
    unsigned status;            // HTTP status of the token endpoint
    std::string_view error;     // OAuth error
    std::string_view suberror;  // empty: none
    std::string_view text;
    text_source source;
};

/// Every error this authority can report, by number.
std::span<aadsts_row const> aadsts_rows() noexcept;

/// A refusal, ready to be reported on a page, in a redirect or as JSON.
struct refusal
{
    int code = 0;  // AADSTS number
    unsigned status = 400;
    std::string error = {};
    std::string suberror = {};
    std::string text = {};    // without "AADSTS…: " and the trace ids
    std::string claims = {};  // JSON for the next request; empty: none
    std::string why = {};     // for the journal, where the text does not say it
};

using text_arguments = std::initializer_list<std::pair<std::string_view, std::string_view>>;

/// The refusal of that number with the text's braces filled in. The number must be one of aadsts_rows().
refusal refuse(int code, text_arguments with = {});

}  // namespace outkit::inline OUTKIT_ABI::mock

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/mock/aadsts.ipp>
#endif

#endif
