#ifndef OUTKIT_SASL_ERROR_HPP
#define OUTKIT_SASL_ERROR_HPP

#include <outkit/error.hpp>
#include <outkit/sasl/xoauth2.hpp>

namespace outkit::inline OUTKIT_ABI::sasl {

// Category "outkit.sasl".
inline error_code make_error_code(error e)
{
    using enum error;
    static constexpr auto invalid = condition::invalid_argument;
    static constexpr auto violation = condition::protocol_violation;
    static const outkit::detail::error_row rows[] = {
        {int(invalid_user), describe(invalid_user), invalid},
        {int(invalid_access_token), describe(invalid_access_token), invalid},
        {int(response_too_long), describe(response_too_long), condition::limit_exceeded},
        {int(not_base64), describe(not_base64), violation},
        {int(malformed_response), describe(malformed_response), violation},
        {int(malformed_challenge), describe(malformed_challenge), violation},
        {int(challenge_too_long), describe(challenge_too_long), condition::limit_exceeded},
    };
    static const outkit::detail::table_category category("outkit.sasl", rows);
    return {static_cast<int>(e), category};
}

}  // namespace outkit::inline OUTKIT_ABI::sasl
OUTKIT_ERROR_CODE_ENUM(outkit::sasl::error)

#endif
