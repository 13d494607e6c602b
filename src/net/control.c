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
	/* A client that has not asked after so long, or not read, makes room: where all places are
	 * taken, and else. */
	CROWDED_MS = 1000,
	IDLE_MS = 10000,
	ACCEPT_AGAIN_MS = 1000, /* where no descriptor is to be had */
	CONNECT_AGAIN_MS = 20,  /* where too many wait to be accepted */
};

struct client {
	int descriptor; /* -1: free */
	struct buf in;
	struct buf out;
	size_t sent;
	int64_t since_ms; /* it was accepted, or answered */
};

struct control {
	char *path;
	int epoll;
	int listener;
	bool paused; /* nobody is accepted: epoll would tell of who waits again and again */
	int64_t accept_again_ms;
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

/* CLIENTS: all are taken. */
static int free_place(const struct control *control)
{
	int i = 0;
	while (i < CLIENTS && control->clients[i].descriptor >= 0)
		i++;
	return i;
}

static void pause_accepting(struct control *control, int64_t wait_ms)
{
	control->paused = epoll_ctl(control->epoll, EPOLL_CTL_DEL, control->listener, NULL) == 0;
	control->accept_again_ms = clock_monotonic_ms() + wait_ms;
}

static void accept_all(struct control *control)
{
	for (;;) {
		int i = free_place(control);
		if (i == CLIENTS) {
			pause_accepting(control, 0);
			return;
		}
		int descriptor =
			accept4(control->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (descriptor < 0) {
			if (errno == EMFILE || errno == ENFILE || errno == ENOMEM ||
				errno == ENOBUFS)
				pause_accepting(control, ACCEPT_AGAIN_MS);
			return;
		}
		if (!watch(control, descriptor, EPOLLIN, i)) {
			close(descriptor);
			continue;
		}
		control->clients[i].descriptor = descriptor;
		control->clients[i].since_ms = clock_monotonic_ms();
	}
}

static void make_room(struct control *control)
{
	int64_t now = clock_monotonic_ms();
	int64_t most_ms = free_place(control) == CLIENTS ? CROWDED_MS : IDLE_MS;
	for (size_t i = 0; i < CLIENTS; i++)
		if (control->clients[i].descriptor >= 0 &&
			now - control->clients[i].since_ms >= most_ms)
			drop(&control->clients[i]);
	if (control->paused && now >= control->accept_again_ms && free_place(control) < CLIENTS)
		control->paused = !watch(control, control->listener, EPOLLIN, CLIENTS);
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
		client->since_ms = clock_monotonic_ms();
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
	make_room(control);
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

/* -1: it cannot; *ret_busy: too many others want to. */
static int connect_to(const char *path, int64_t deadline_ms, bool *ret_busy)
{
	struct sockaddr_un address;
	int directory;
	int descriptor = -1;
	if (address_of(path, &address, &directory)) {
		descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		bool ok = false;
		*ret_busy = descriptor >= 0;
		while (descriptor >= 0 && !ok && *ret_busy && clock_monotonic_ms() < deadline_ms) {
			ok = connect(descriptor, (struct sockaddr *)&address, sizeof(address)) == 0;
			*ret_busy = !ok && errno == EAGAIN;
			if (*ret_busy)
				poll(NULL, 0, CONNECT_AGAIN_MS);
		}
		if (descriptor >= 0 && !ok) {
			close(descriptor);
			descriptor = -1;
		}
	}
	if (directory >= 0)
		close(directory);
	return descriptor;
}

/* Waits until it can be read or written. False: the time is up. */
static bool wait_until(int descriptor, short events, int64_t deadline_ms)
{
	struct pollfd wait = { .fd = descriptor, .events = events };
	int64_t left_ms = deadline_ms - clock_monotonic_ms();
	return left_ms > 0 && (poll(&wait, 1, (int)left_ms) >= 0 || errno == EINTR);
}

static bool write_line(int descriptor, const char *line, int64_t deadline_ms)
{
	char *text = xasprintf("%s\n", line);
	struct span left = span_of(text);
	ssize_t sent = 0;
	while (left.length > 0 && sent >= 0) {
		if (!wait_until(descriptor, POLLOUT, deadline_ms))
			break;
		sent = send(descriptor, left.data, left.length, MSG_NOSIGNAL);
		if (sent < 0 && errno == EAGAIN)
			sent = 0;
		left = span_make(left.data + (sent > 0 ? sent : 0),
			left.length - (sent > 0 ? (size_t)sent : 0));
	}
	free(text);
	return left.length == 0;
}

static bool read_line(int descriptor, int64_t deadline_ms, struct buf *line)
{
	while (line->length < ANSWER_MOST) {
		if (!wait_until(descriptor, POLLIN, deadline_ms))
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
	int64_t deadline_ms = clock_monotonic_ms() + timeout_ms;
	char *path = xasprintf("%s.sock", store_path);
	bool busy = false;
	int descriptor = connect_to(path, deadline_ms, &busy);
	free(path);
	if (descriptor < 0 && !busy)
		return error_set(err, ERROR_NEGATIVE, "no recorder runs on '%s'", store_path);
	bool ok = descriptor >= 0 && write_line(descriptor, line, deadline_ms) &&
		  read_line(descriptor, deadline_ms, ret_answer);
	if (descriptor >= 0)
		close(descriptor);
	if (!ok)
		return error_set_transient(err, ERROR_STORE,
			"the recorder of '%s' did not answer in time", store_path);
	return true;
}
