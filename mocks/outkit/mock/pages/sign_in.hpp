#ifndef OUTKIT_MOCK_PAGES_SIGN_IN_HPP
#define OUTKIT_MOCK_PAGES_SIGN_IN_HPP

#include <outkit/config.hpp>

#include <string_view>

// The steps of a sign-in. Each is one form with the hidden field flowToken, which carries the whole request, sealed,
// and ties it to the browser (the CSRF token). The button that goes on comes first, so that Enter presses it.

namespace outkit::inline OUTKIT_ABI::mock::pages {

inline constexpr std::string_view sign_in_email = R"html(<h1>Sign in</h1>
{{#app}}<p class="quiet">to continue to {{app}}</p>{{/app}}
<form method="post" action="{{action}}" autocomplete="on">
<input type="hidden" name="flowToken" value="{{flow}}">
<label for="loginfmt">Email or user name</label>
<input id="loginfmt" name="loginfmt" type="text" inputmode="email" autocomplete="username" autocapitalize="none" spellcheck="false" maxlength="256" value="{{login}}" required autofocus{{#problem}} aria-invalid="true" aria-describedby="problem"{{/problem}}>
{{#problem}}<p class="error" id="problem" role="alert">{{problem}}</p>{{/problem}}
{{#detail}}<p class="quiet">{{detail}}</p>{{/detail}}
<div class="buttons">
<button name="step" value="email">Next</button>
<button class="second" name="step" value="cancel" formnovalidate>Cancel</button>
</div>
</form>
)html";

inline constexpr std::string_view sign_in_password = R"html(<p class="who">{{login}}</p>
<h1>Enter password</h1>
{{#app}}<p class="quiet">to continue to {{app}}</p>{{/app}}
<form method="post" action="{{action}}" autocomplete="on">
<input type="hidden" name="flowToken" value="{{flow}}">
<input type="hidden" name="loginfmt" value="{{login}}" autocomplete="username">
<label for="passwd">Password</label>
<input id="passwd" name="passwd" type="password" autocomplete="current-password" maxlength="256" required autofocus{{#problem}} aria-invalid="true" aria-describedby="problem"{{/problem}}>
{{#problem}}<p class="error" id="problem" role="alert">{{problem}}</p>{{/problem}}
{{#detail}}<p class="quiet">{{detail}}</p>{{/detail}}
<label class="check" for="kmsi"><input id="kmsi" name="kmsi" type="checkbox" value="1"> Stay signed in</label>
<div class="buttons">
<button name="step" value="password">Sign in</button>
<button class="second" name="step" value="cancel" formnovalidate>Cancel</button>
<button class="second" name="step" value="another" formnovalidate>Use another account</button>
</div>
</form>
)html";

inline constexpr std::string_view new_password = R"html(<p class="who">{{login}}</p>
<h1>Update your password</h1>
{{#problem}}<p class="error" role="alert">{{problem}}</p>{{/problem}}
{{^problem}}<p>You need to update your password because this is the first time you are signing in, or because your password has expired.</p>{{/problem}}
<form method="post" action="{{action}}" autocomplete="on">
<input type="hidden" name="flowToken" value="{{flow}}">
<label for="oldpasswd">Current password</label>
<input id="oldpasswd" name="oldpasswd" type="password" autocomplete="current-password" maxlength="256" required autofocus{{#old_problem}} aria-invalid="true" aria-describedby="old_problem"{{/old_problem}}>
{{#old_problem}}<p class="error" id="old_problem" role="alert">{{old_problem}}</p>{{/old_problem}}
<label for="newpasswd">New password</label>
<input id="newpasswd" name="newpasswd" type="password" autocomplete="new-password" maxlength="256" required{{#new_problem}} aria-invalid="true" aria-describedby="new_problem"{{/new_problem}}>
{{#new_problem}}<p class="error" id="new_problem" role="alert">{{new_problem}}</p>{{/new_problem}}
<label for="confirmpasswd">Confirm password</label>
<input id="confirmpasswd" name="confirmpasswd" type="password" autocomplete="new-password" maxlength="256" required{{#confirm_problem}} aria-invalid="true" aria-describedby="confirm_problem"{{/confirm_problem}}>
{{#confirm_problem}}<p class="error" id="confirm_problem" role="alert">{{confirm_problem}}</p>{{/confirm_problem}}
{{#detail}}<p class="quiet">{{detail}}</p>{{/detail}}
<div class="buttons">
<button name="step" value="new_password">Sign in</button>
<button class="second" name="step" value="cancel" formnovalidate>Cancel</button>
</div>
</form>
)html";

inline constexpr std::string_view sign_in_pick = R"html(<h1>Pick an account</h1>
{{#app}}<p class="quiet">to continue to {{app}}</p>{{/app}}
<form method="post" action="{{action}}">
<input type="hidden" name="flowToken" value="{{flow}}">
{{#accounts}}<button class="account" name="pick" value="{{id}}">{{name}}<span>{{login}}</span></button>
{{/accounts}}<button class="account" name="step" value="another">Use another account</button>
<div class="buttons">
<button class="second" name="step" value="cancel">Cancel</button>
</div>
</form>
)html";

inline constexpr std::string_view sign_in_second_factor = R"html(<p class="who">{{login}}</p>
{{#register}}<h1>More information required</h1>
<p>Your organization needs more information to keep your account secure. Going on sets up the mock's second factor for this account.</p>
{{/register}}{{^register}}<h1>Approve sign in request</h1>
<p>Your organization requires multi-factor authentication. There is no telephone here: approve or deny it yourself.</p>
{{/register}}<form method="post" action="{{action}}">
<input type="hidden" name="flowToken" value="{{flow}}">
<div class="buttons">
<button name="step" value="approve" autofocus>{{#register}}Next{{/register}}{{^register}}Approve{{/register}}</button>
<button class="second" name="step" value="deny">{{#register}}Cancel{{/register}}{{^register}}Deny{{/register}}</button>
</div>
</form>
)html";

inline constexpr std::string_view device_code = R"html(<h1>Enter code</h1>
<p>Enter the code displayed on your app or device.</p>
<form method="post" action="{{action}}" autocomplete="off">
<input type="hidden" name="flowToken" value="{{flow}}">
<label for="otc">Code</label>
<input id="otc" name="otc" type="text" autocapitalize="characters" autocomplete="off" spellcheck="false" maxlength="32" value="{{typed}}" required autofocus{{#problem}} aria-invalid="true" aria-describedby="problem"{{/problem}}>
{{#problem}}<p class="error" id="problem" role="alert">{{problem}}</p>{{/problem}}
{{#detail}}<p class="quiet">{{detail}}</p>{{/detail}}
<div class="buttons">
<button name="step" value="code">Next</button>
</div>
</form>
)html";

inline constexpr std::string_view device_confirm = R"html(<p class="who">{{login}}</p>
<h1>Are you trying to sign in to {{app}}?</h1>
<p>Only continue if you downloaded the app from a store or website that you trust.</p>
<form method="post" action="{{action}}">
<input type="hidden" name="flowToken" value="{{flow}}">
<div class="buttons">
<button name="step" value="continue" autofocus>Continue</button>
<button class="second" name="step" value="cancel">Cancel</button>
</div>
</form>
)html";

inline constexpr std::string_view device_done = R"html(<h1>{{app}}</h1>
<p>You have signed in to the {{app}} application on your device. You may now close this window.</p>
)html";

inline constexpr std::string_view device_declined = R"html(<h1>{{app}}</h1>
<p>You have declined to sign in to the {{app}} application on your device. You may now close this window.</p>
)html";

inline constexpr std::string_view consent = R"html(<p class="who">{{login}}</p>
<h1>Permissions requested</h1>
<p><strong>{{app}}</strong><br><span class="quiet">{{publisher}}</span></p>
<p>This application would like to:</p>
<ul class="permissions">
{{#permissions}}<li>{{title}}<br><span class="quiet">{{name}}</span></li>
{{/permissions}}</ul>
<form method="post" action="{{action}}">
<input type="hidden" name="flowToken" value="{{flow}}">
{{#admin}}<label class="check" for="organization"><input id="organization" name="organization" type="checkbox" value="1"> Consent on behalf of your organization</label>
{{/admin}}{{#everybody}}<p>If you accept, this app will get access to the specified resources for all users in your organization. No one else will be prompted to review these permissions.</p>
{{/everybody}}<p class="quiet">Accepting lets the application use your data until you or an administrator withdraw it.</p>
<div class="buttons">
<button name="step" value="accept">Accept</button>
<button class="second" name="step" value="decline">Cancel</button>
</div>
</form>
)html";

inline constexpr std::string_view admin_approval = R"html(<p class="who">{{login}}</p>
<h1>{{#requests}}Approval required{{/requests}}{{^requests}}Need admin approval{{/requests}}</h1>
<p><strong>{{app}}</strong></p>
<p>{{#requests}}This app requires your admin's approval to:{{/requests}}{{^requests}}{{app}} needs permission to access resources in your organization that only an admin can grant. Please ask an admin to grant permission to this app before you can use it.{{/requests}}</p>
<ul class="permissions">
{{#permissions}}<li>{{title}}<br><span class="quiet">{{name}}</span></li>
{{/permissions}}</ul>
<form method="post" action="{{action}}">
<input type="hidden" name="flowToken" value="{{flow}}">
{{#requests}}<label for="justification">Enter justification for requesting this app</label>
<input id="justification" name="justification" type="text" maxlength="500" required>
{{/requests}}<div class="buttons">
{{#requests}}<button name="step" value="request">Request approval</button>
{{/requests}}<button class="second" name="step" value="another" formnovalidate>Have an admin account? Sign in with that account</button>
<button class="second" name="step" value="cancel" formnovalidate>Return to the application without granting consent</button>
</div>
</form>
<dl>
<dt>Message</dt><dd>{{message}}</dd>
<dt>Request Id</dt><dd>{{trace}}</dd>
<dt>Correlation Id</dt><dd>{{correlation}}</dd>
<dt>Timestamp</dt><dd>{{time}}</dd>
</dl>
)html";

inline constexpr std::string_view approval_requested = R"html(<p class="who">{{login}}</p>
<h1>Request sent</h1>
<p>Your admin has been asked to approve {{app}}. Sign in again when they have.</p>
<form method="post" action="{{action}}">
<input type="hidden" name="flowToken" value="{{flow}}">
<div class="buttons">
<button class="second" name="step" value="cancel">Return to the application</button>
</div>
</form>
)html";

inline constexpr std::string_view sign_in_error = R"html(<h1>{{heading}}</h1>
<p>{{summary}}</p>
<p class="error" role="alert">{{message}}</p>
<h2>Troubleshooting details</h2>
<dl>
<dt>Request Id</dt><dd>{{trace}}</dd>
<dt>Correlation Id</dt><dd>{{correlation}}</dd>
<dt>Timestamp</dt><dd>{{time}}</dd>
</dl>
)html";

inline constexpr std::string_view personal_error = R"html(<h1>We're unable to complete your request</h1>
<p class="error" role="alert">{{error}}: {{message}}</p>
)html";

inline constexpr std::string_view form_post = R"html(<h1>Working...</h1>
<form id="hiddenform" name="hiddenform" method="post" action="{{action}}">
{{#fields}}<input type="hidden" name="{{name}}" value="{{value}}">
{{/fields}}<noscript><p>Script is disabled. Press Submit to continue.</p></noscript>
<div class="buttons"><button autofocus>Submit</button></div>
</form>
<script nonce="{{nonce}}">document.getElementById("hiddenform").submit();</script>
)html";

inline constexpr std::string_view signed_out = R"html(<h1>You signed out of your account</h1>
<p>It's a good idea to close all browser windows.</p>
)html";

inline constexpr std::string_view not_found = R"html(<h1>Not found</h1>
<p>The mock authority has no page of this name.</p>
)html";

}  // namespace outkit::inline OUTKIT_ABI::mock::pages

#endif
