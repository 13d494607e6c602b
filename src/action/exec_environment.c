#include "action/exec_environment.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "action/reading.h"
#include "base/xalloc.h"

/* What programs need to find others, their own files, the language and the time zone. Nothing of
 * portlog's settings, and no secret. */
static const char *const base[] = { "PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE",
	"LC_ALL", "LC_CTYPE", "LC_MESSAGES", "LC_TIME", "TZ", "TMPDIR" };

static const struct {
	const char *name;
	size_t place; /* in struct action_event */
} told[] = {
	{ "PORTLOG_RUN_ID", offsetof(struct action_event, run_id) },
	{ "PORTLOG_ENTITY", offsetof(struct action_event, entity) },
	{ "PORTLOG_BLUEPRINT", offsetof(struct action_event, blueprint) },
	{ "PORTLOG_ACTION", offsetof(struct action_event, action) },
};
enum { TOLD_COUNT = sizeof(told) / sizeof(told[0]) };

#define EXECUTION_VARIABLE "PORTLOG_EXECUTION_ID"
#define OUTPUT_VARIABLE "PORTLOG_OUTPUT"

bool exec_is_own_variable(const char *name)
{
	bool own = strcmp(name, EXECUTION_VARIABLE) == 0 || strcmp(name, OUTPUT_VARIABLE) == 0;
	for (size_t i = 0; i < TOLD_COUNT; i++)
		own = own || strcmp(name, told[i].name) == 0;
	return own;
}

/* What decides which code runs, or with whose rights and settings. No list of them is complete: the
 * manual advises a prefix. */
static const char *const obeyed[] = {
	/* the dynamic linker and the C library */
	"DYLD_* GCONV_PATH GLIBC_TUNABLES HOSTALIASES LD_* LOCALDOMAIN LOCPATH "
	"MALLOC_* NIS_PATH NLSPATH RES_OPTIONS RESOLV_* *SAN_OPTIONS TMPDIR TZDIR",
	/* shells */
	"BASH* CDPATH ENV EXECIGNORE FPATH FUNCNEST GLOBIGNORE HISTFILE HOME IFS "
	"INPUTRC PATH POSIXLY_CORRECT PROMPT_COMMAND PS[0-9] SHELL SHELLOPTS ZDOTDIR",
	/* interpreters and build tools */
	"AWKLIBPATH AWKPATH BUNDLE_* CARGO_* CC CFLAGS CLASSPATH CMAKE_* COMPILER_PATH "
	"COMPlus_* CORECLR_* CPP CPPFLAGS CXX CXXFLAGS DENO_* DOTNET_* ERL_* GCC_* GEM_* "
	"GNUMAKEFLAGS GOENV GOFLAGS GOPATH GOPROXY GOROOT "
	"GOTOOLCHAIN GRADLE_* GUILE_* JAVA_* _JAVA_OPTIONS JDK_JAVA_OPTIONS JULIA_* "
	"LDFLAGS LUA_* MAKE* MAVEN_* MFLAGS NODE_* NPM_* npm_* PERL* PHP_INI_SCAN_DIR PHPRC "
	"PIP_* PYTHON* R_* RUBY* RUST* TCLLIBPATH UV_* VIRTUAL_ENV YARN_*",
	/* programs that others call */
	"ANSIBLE_* AWS_* AZURE_* BROWSER CLOUDSDK_* CURL_* DOCKER_* EDITOR EXINIT "
	"GIT_* GNUPGHOME GOOGLE_* HELM_* KRB5* KUBECONFIG LESS* MYSQL_* NETRC "
	"OPENSSL_* *PAGER PG* PKCS11_* REQUESTS_CA_BUNDLE RSYNC_* SSH_* SSL_* SUDO_* "
	"SVN_* TAR_OPTIONS TERMINFO* TF_CLI_* TF_DATA_DIR TF_PLUGIN_* "
	"TF_REATTACH_PROVIDERS VAULT_* VIMINIT VISUAL WGETRC XDG_*",
	/* where requests go */
	"*_proxy *_PROXY",
	/* systemd, and ourselves */
	"DBUS_* KAFKA_* LISTEN_* NOTIFY_SOCKET PORT_* PORTLOG_* SYSTEMD_*",
};

static bool is_variable_name(const char *name)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_",
			  all[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";
	return strspn(name, letters) > 0 && name[strspn(name, all)] == '\0';
}

const char *exec_variable_refusal(struct span name)
{
	char *text = span_dup(name);
	const char *why = NULL;
	if (strlen(text) != name.length || !is_variable_name(text))
		why = "must be letters, digits and '_', not a digit first";
	for (size_t i = 0; !why && i < sizeof(obeyed) / sizeof(obeyed[0]); i++)
		if (reading_name_fits(obeyed[i], text, false))
			why = "programs obey; only the rule itself may set it";
	free(text);
	return why;
}

bool exec_variables(const struct action_job *job, const char *execution, const char *output,
	struct text_pairs *variables, struct error *err)
{
	for (size_t i = 0; i < TOLD_COUNT; i++) {
		struct span value;
		memcpy(&value, (const char *)&job->event + told[i].place, sizeof(value));
		if (!value.data)
			continue;
		if (memchr(value.data, '\0', value.length))
			return error_set(err, ERROR_CONFIG,
				"%s cannot be set: the message has a NUL character there",
				told[i].name);
		char *text = span_dup(value);
		text_pairs_set(variables, told[i].name, text);
		free(text);
	}
	if (execution)
		text_pairs_set(variables, EXECUTION_VARIABLE, execution);
	if (output)
		text_pairs_set(variables, OUTPUT_VARIABLE, output);
	return true;
}

static void set_all(const struct text_pairs *from, struct text_pairs *to)
{
	for (size_t i = 0; i < from->count; i++)
		text_pairs_set(to, from->items[i].name, from->items[i].value);
}

void exec_environment(const struct text_pairs *variables, const struct text_pairs *rule,
	struct text_list *ret_environment)
{
	struct text_pairs all = { 0 };
	struct text_list environment = { 0 };
	text_pairs_set(&all, "PATH", EXEC_DEFAULT_PATH);
	for (size_t i = 0; i < sizeof(base) / sizeof(base[0]); i++) {
		const char *value = getenv(base[i]);
		if (value && *value)
			text_pairs_set(&all, base[i], value);
	}
	set_all(variables, &all);
	set_all(rule, &all);
	for (size_t i = 0; i < all.count; i++) {
		char *text = xasprintf("%s=%s", all.items[i].name, all.items[i].value);
		text_list_add(&environment, text);
		free(text);
	}
	text_pairs_clear(&all);
	*ret_environment = environment;
}
