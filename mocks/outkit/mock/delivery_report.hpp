#ifndef OUTKIT_MOCK_DELIVERY_REPORT_HPP
#define OUTKIT_MOCK_DELIVERY_REPORT_HPP

#include <outkit/detail/environment.hpp>

#include <string>
#include <vector>

namespace outkit::inline OUTKIT_ABI::mock {

/// What became of a message for one recipient.
struct recipient_report
{
    std::string address = {};
    std::string original = {};    // as the sender gave it (ORCPT): "rfc822;bob@woodgrove.example"; empty: not given
    std::string diagnostic = {};  // "550 5.1.10 RESOLVER.ADR…"; empty when it has arrived
    bool relayed = false;         // to a server that was not asked to report (RFC 3464 section 2.3.3)
    bool failed() const { return !diagnostic.empty(); }
};

/** A report about a message: delivered, relayed, or not to be delivered.

    Shaped like Exchange Online's: the first part is what people read, "Delivery has failed to these recipients or groups"
    and what follows it; then message/delivery-status and the message or its header (RFC 6522, 3464).
*/
struct delivery_report
{
    std::string from = {};      // "Microsoft Outlook <postmaster@woodgrove.example>"
    std::string to = {};        // address of the sender
    std::string id = {};        // its own Message-ID, with brackets
    std::string boundary = {};  // in nothing that is reported
    std::string server = {};    // who reports
    detail::wall_time date = {};
    std::string envelope_id = {};  // of the sender (ENVID); empty: none
    std::string message = {};      // what is reported about: its header section, or all of it
    bool whole_message = false;    // it is all of it
    std::vector<recipient_report> recipients = {};
};

/// The report as a message, with CRLF line ends.
std::string format(delivery_report const& r);

}  // namespace outkit::inline OUTKIT_ABI::mock

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/mock/delivery_report.ipp>
#endif

#endif
