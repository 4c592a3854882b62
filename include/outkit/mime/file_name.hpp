#ifndef OUTKIT_MIME_FILE_NAME_HPP
#define OUTKIT_MIME_FILE_NAME_HPP

#include <outkit/detail/abi.hpp>

#include <string>
#include <string_view>

namespace outkit::inline OUTKIT_ABI::mime {

/** A name under which an attachment can be kept in a folder, made of the one its sender gave it.

    One name, whatever is in it: no path, no hidden file, nothing that a system takes for a device, no characters that are
    not shown or that turn the text around; 1 to 200 octets of UTF-8, with its ending. Different attachments may get the
    same name: open it so that nothing is overwritten.
*/
OUTKIT_DECL std::string safe_file_name(std::string_view given);

}  // namespace outkit::inline OUTKIT_ABI::mime

#ifndef OUTKIT_SEPARATE_COMPILATION
#include <outkit/mime/file_name.ipp>
#endif

#endif
