#ifndef OUTKIT_MOCK_OAUTHBEARER_IPP
#define OUTKIT_MOCK_OAUTHBEARER_IPP

#include <outkit/detail/encoding.hpp>
#include <outkit/mime/header.hpp>
#include <outkit/mock/oauthbearer.hpp>

#include <string_view>

namespace outkit::inline OUTKIT_ABI::mock {

// gs2-header kvsep *kvpair kvsep ; RFC 7628 section 3.1
OUTKIT_INLINE std::optional<sasl::bearer_credentials> decode_oauthbearer(std::string const& response)
{
    auto const text = outkit::detail::base64_decode(response);
    if (!text || (!text->starts_with("n,") && !text->starts_with("y,")) || !text->ends_with("\1\1"))
        return std::nullopt;
    sasl::bearer_credentials out;
    std::string_view rest = *text;
    rest = rest.substr(2, rest.size() - 3);
    auto const header = rest.find(",\1");
    if (header == rest.npos)
        return std::nullopt;
    if (header != 0 && !rest.starts_with("a="))
        return std::nullopt;
    for (std::size_t i = 2; i < header; ++i)  // saslname ; RFC 5801 section 4
        if (rest.substr(i, 3) == "=2C" || rest.substr(i, 3) == "=3D")
        {
            out.user += rest[i + 1] == '2' ? ',' : '=';
            i += 2;
        }
        else if (rest[i] == '=' || rest[i] == ',')
            return std::nullopt;
        else
            out.user += rest[i];
    rest.remove_prefix(header + 2);
    for (; !rest.empty(); rest.remove_prefix(rest.find('\1') + 1))
    {
        std::string_view const pair = rest.substr(0, rest.find('\1')), scheme = "auth=bearer ";
        if (mime::detail::equal_fold(pair.substr(0, scheme.size()), scheme))
            out.token = pair.substr(scheme.size());
    }
    return out;
}

}  // namespace outkit::inline OUTKIT_ABI::mock

#endif
