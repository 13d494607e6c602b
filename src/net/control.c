#include "net/control.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/xalloc.h"

enum {
	CLIENTS = 16,
	LINE_MOST = 64 * 1024,
	ANSWER_MOST = 16 * 1024 * 1024,
};

struct client {
	int descriptor; /* -1: free */
	struct buf in;
	struct buf out;
	size_t sent;
};

struct control {
	char *path;
	int epoll;
	int listener;
	struct client clients[CLIENTS];
};

/* A socket's address holds 107 bytes, a path may have more: the directory is opened and the name
 * taken from there. *ret_directory is to be closed; -1 where there is none. */
static bool address_of(const char *path, struct sockaddr_un *ret_address, int *ret_directory)
{
	const char *slash = strrchr(path, '/');
	char *directory = slash ? xstrndup(path, (size_t)(slash - path) + 1) : xstrdup(".");
	*ret_directory = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	free(directory);
	*ret_address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	int length = snprintf(ret_address->sun_path, sizeof(ret_address->sun_path),
		"/proc/self/fd/%d/%s", *ret_directory, slash ? slash + 1 : path);
	return *ret_directory >= 0 && length > 0 && (size_t)length < sizeof(ret_address->sun_path);
}

static bool watch(const struct control *control, int descriptor, uint32_t events, int what)
{
	struct epoll_event event = { .events = events, .data.u32 = (uint32_t)what };
	return epoll_ctl(control->epoll, EPOLL_CTL_ADD, descriptor, &event) == 0;
}

static int listen_at(const char *path)
{
	struct sockaddr_un address;
	int directory;
	int listener = -1;
	if (address_of(path, &address, &directory)) {
		unlink(path);
		listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		mode_t mask = umask(0177);
		if (listener >= 0 &&
			(bind(listener, (struct sockaddr *)&address, sizeof(address)) != 0 ||
				listen(listener, CLIENTS) != 0)) {
			int failure = errno;
			close(listener);
			errno = failure;
			listener = -1;
		}
		umask(mask);
	}
	int failure = errno;
	if (directory >= 0)
		close(directory);
	errno = failure;
	return listener;
}

bool control_open(const char *store_path, struct control **ret_control, struct error *err)
{
	struct control *control = xcalloc(1, sizeof(*control));
	control->path = xasprintf("%s.sock", store_path);
	for (size_t i = 0; i < CLIENTS; i++)
		control->clients[i].descriptor = -1;
	control->listener = listen_at(control->path);
	control->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (control->listener >= 0 && control->epoll >= 0 &&
		watch(control, control->listener, EPOLLIN, CLIENTS)) {
		*ret_control = control;
		return true;
	}
	error_set(err, ERROR_STORE, "cannot listen at '%s': %s", control->path, strerror(errno));
	control_close(control);
	return false;
}

static void drop(struct client *client)
{
	if (client->descriptor < 0)
		return;
	close(client->descriptor);
	buf_free(&client->in);
	buf_free(&client->out);
	*client = (struct client){ .descriptor = -1 };
}

void control_close(struct control *control)
{
	if (!control)
		return;
	for (size_t i = 0; i < CLIENTS; i++)
		drop(&control->clients[i]);
	if (control->listener >= 0) {
		unlink(control->path);
		close(control->listener);
	}
	if (control->epoll >= 0)
		close(control->epoll);
	free(control->path);
	free(control);
}

int control_descriptor(const struct control *control)
{
	return control->epoll;
}

static void accept_all(struct control *control)
{
	int descriptor;
	while ((descriptor = accept4(
			control->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
		int i = 0;
		while (i < CLIENTS && control->clients[i].descriptor >= 0)
			i++;
		if (i == CLIENTS || !watch(control, descriptor, EPOLLIN, i)) {
			close(descriptor); /* too many at once: it may ask again */
			continue;
		}
		control->clients[i].descriptor = descriptor;
	}
}

/* What is left is sent when the client has read. */
static void send_rest(struct control *control, int i)
{
	struct client *client = &control->clients[i];
	struct epoll_event event = { .data.u32 = (uint32_t)i };
	while (client->sent < client->out.length) {
		ssize_t sent = send(client->descriptor, client->out.data + client->sent,
			client->out.length - client->sent, MSG_NOSIGNAL);
		if (sent < 0 && errno == EAGAIN)
			break;
		if (sent < 0) {
			drop(client);
			return;
		}
		client->sent += (size_t)sent;
	}
	bool done = client->sent == client->out.length;
	if (done) {
		buf_clear(&client->out);
		client->sent = 0;
	}
	event.events = done ? EPOLLIN : EPOLLOUT;
	epoll_ctl(control->epoll, EPOLL_CTL_MOD, client->descriptor, &event);
}

static void receive(struct control *control, int i, control_answer *answer, void *data)
{
	struct client *client = &control->clients[i];
	char bytes[4096];
	ssize_t length = recv(client->descriptor, bytes, sizeof(bytes), 0);
	if (length < 0 && errno == EAGAIN)
		return;
	if (length <= 0 || client->in.length + (size_t)length > LINE_MOST) {
		drop(client);
		return;
	}
	buf_add(&client->in, bytes, (size_t)length);
	char *end = memchr(client->in.data, '\n', client->in.length);
	if (!end)
		return;
	answer(data, span_make(client->in.data, (size_t)(end - client->in.data)), &client->out);
	buf_add_char(&client->out, '\n');
	buf_clear(&client->in); /* one question at a time: what follows it was not waited for */
	send_rest(control, i);
}

void control_serve(struct control *control, control_answer *answer, void *data)
{
	struct epoll_event events[CLIENTS + 1];
	int count = epoll_wait(control->epoll, events, CLIENTS + 1, 0);
	for (int n = 0; n < count; n++) {
		int i = (int)events[n].data.u32;
		if (i == CLIENTS)
			accept_all(control);
		else if (control->clients[i].descriptor < 0)
			continue;
		else if (events[n].events & EPOLLOUT)
			send_rest(control, i);
		else
			receive(control, i, answer, data);
	}
}

static int connect_to(const char *path)
{
	struct sockaddr_un address;
	int directory;
	int descriptor = -1;
	if (address_of(path, &address, &directory)) {
		descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (descriptor >= 0 &&
			connect(descriptor, (struct sockaddr *)&address, sizeof(address)) != 0) {
			close(descriptor);
			descriptor = -1;
		}
	}
	if (directory >= 0)
		close(directory);
	return descriptor;
}

static bool read_line(int descriptor, int64_t timeout_ms, struct buf *line)
{
	int64_t deadline_ms = clock_monotonic_ms() + timeout_ms;
	while (line->length < ANSWER_MOST) {
		struct pollfd wait = { .fd = descriptor, .events = POLLIN };
		int64_t left_ms = deadline_ms - clock_monotonic_ms();
		if (left_ms <= 0 || poll(&wait, 1, (int)left_ms) < 0)
			return false;
		char *to = buf_reserve(line, 4096);
		ssize_t length = recv(descriptor, to, 4096, MSG_DONTWAIT);
		if (length < 0 && errno == EAGAIN)
			continue;
		if (length <= 0)
			return false;
		line->length += (size_t)length;
		line->data[line->length] = '\0';
		if (line->data[line->length - 1] == '\n') {
			line->data[--line->length] = '\0';
			return true;
		}
	}
	return false;
}

bool control_ask(const char *store_path, const char *line, int64_t timeout_ms,
	struct buf *ret_answer, struct error *err)
{
	char *path = xasprintf("%s.sock", store_path);
	int descriptor = connect_to(path);
	free(path);
	if (descriptor < 0)
		return error_set(err, ERROR_NEGATIVE, "no recorder runs on '%s'", store_path);
	char *question = xasprintf("%s\n", line);
	size_t length = strlen(question);
	bool ok = send(descriptor, question, length, MSG_NOSIGNAL) == (ssize_t)length &&
		  read_line(descriptor, timeout_ms, ret_answer);
	free(question);
	close(descriptor);
	if (!ok)
		return error_set_transient(
			err, ERROR_STORE, "the recorder of '%s' does not answer", store_path);
	return true;
}
