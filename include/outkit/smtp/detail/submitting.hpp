#ifndef OUTKIT_SMTP_DETAIL_SUBMITTING_HPP
#define OUTKIT_SMTP_DETAIL_SUBMITTING_HPP

#include <outkit/detail/coming_back.hpp>
#include <outkit/smtp/detail/flows.hpp>
#include <outkit/smtp/retry.hpp>

#include <memory>
#include <vector>

// Sends mail until it is taken, refused for good, in doubt, or the policy's patience is over.

namespace outkit::inline OUTKIT_ABI::smtp::detail {

// One account at one server: a connection, and what the next one needs.
struct submitter
{
    submitter(submission_access a, submission_policy p) : to(std::move(a)), policy(p), access{std::move(to.tokens)} {}

    session s;
    submission_access to;
    submission_policy policy;
    outkit::detail::renewed_token access;
};

OUTKIT_DECL flow<> submit(submitter& a, std::vector<mail> messages, std::shared_ptr<progress> now);

OUTKIT_DECL flow<> leave(submitter& a);  // QUIT, if there is a connection

}  // namespace outkit::inline OUTKIT_ABI::smtp::detail

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/smtp/detail/submitting.ipp>
#endif

#endif
