/* The process's time zone: which texts name one, and how it is called. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "base/time.h"

/* "+02:00", "-0530", "+2": as a POSIX TZ text, whose sign is the other way round. */
static bool offset_zone(const char *zone, char *ret_tz, size_t size)
{
	int hours = 0, minutes = 0, end = 0;
	if (zone[0] != '+' && zone[0] != '-')
		return false;
	const char *digits = zone + 1;
	size_t length = strlen(digits);
	if (!isdigit((unsigned char)digits[0]) ||
		(sscanf(digits, "%2d:%2d%n", &hours, &minutes, &end) != 2 &&
			(length != 4 || sscanf(digits, "%2d%2d%n", &hours, &minutes, &end) != 2) &&
			sscanf(digits, "%2d%n", &hours, &end) != 1))
		return false;
	if ((size_t)end != length || hours > 14 || minutes < 0 || minutes > 59)
		return false;
	snprintf(ret_tz, size, "<%c%02d%02d>%c%02d:%02d", zone[0], hours, minutes,
		zone[0] == '+' ? '-' : '+', hours, minutes);
	return true;
}

/* "CET-1CEST", "<+03>-3": a name of three letters or more and an offset. */
static bool is_posix_zone(const char *zone)
{
	size_t length;
	if (zone[0] == '<') {
		length = strcspn(zone, ">");
		if (zone[length] != '>' || length < 4)
			return false;
		length++;
	} else {
		for (length = 0; isalpha((unsigned char)zone[length]);)
			length++;
		if (length < 3)
			return false;
	}
	const char *offset = zone + length;
	offset += *offset == '+' || *offset == '-';
	return isdigit((unsigned char)*offset);
}

/* "UTC+2", which POSIX takes for two hours behind UTC, and most people for ahead. */
static bool is_reversed_zone(const char *zone)
{
	return (strncasecmp(zone, "UTC", 3) == 0 || strncasecmp(zone, "GMT", 3) == 0) &&
	       (zone[3] == '+' || zone[3] == '-') && strspn(zone + 4, "0:") != strlen(zone + 4);
}

/* A file of the zone database. */
static bool is_named_zone(const char *zone)
{
	if (strcasecmp(zone, "UTC") == 0 || strcmp(zone, "GMT") == 0)
		return true;
	const char *directory = getenv("TZDIR");
	char path[512];
	if (zone[0] == '/' || zone[0] == '.' || strstr(zone, "..") || !*zone)
		return false;
	int length = snprintf(path, sizeof(path), "%s/%s",
		directory && *directory ? directory : "/usr/share/zoneinfo", zone);
	return length < (int)sizeof(path) && access(path, R_OK) == 0;
}

bool time_zone_set(const char *zone, struct error *err)
{
	char tz[64];
	if (zone) {
		const char *name = zone;
		if (strcasecmp(zone, "UTC") == 0)
			name = "UTC0";
		else if (offset_zone(zone, tz, sizeof(tz)))
			name = tz;
		else if (is_reversed_zone(zone))
			return error_set(err, ERROR_USAGE,
				"time zone '%.80s' can mean two: write +02:00 for two hours ahead "
				"of "
				"UTC, -02:00 for two behind",
				zone);
		else if (!is_posix_zone(zone) && !is_named_zone(zone))
			return error_set(err, ERROR_USAGE,
				"time zone '%.80s' is not known here; write UTC, +02:00 or a name "
				"such as "
				"Europe/Berlin (names need the zone database, package tzdata)",
				zone);
		setenv("TZ", name, 1);
	}
	tzset();
	return true;
}

/* "Europe/Berlin", as TZ has it; NULL: it has no such name. Etc/GMT+2 is two hours behind UTC: its
 * offset says more. */
static const char *place(void)
{
	const char *zone = getenv("TZ");
	if (!zone || zone[0] == '/')
		return NULL;
	zone += zone[0] == ':';
	return strchr(zone, '/') && strncmp(zone, "Etc/", 4) != 0 && is_named_zone(zone) &&
			       strlen(zone) < TIME_TEXT_SIZE
		       ? zone
		       : NULL;
}

void time_zone_text(int64_t ms, char ret_text[TIME_TEXT_SIZE])
{
	const char *named = place();
	if (named) {
		snprintf(ret_text, TIME_TEXT_SIZE, "%s", named);
		return;
	}
	struct tm tm = { 0 };
	time_t seconds = (time_t)(ms / 1000);
	char name[24] = "", offset[8] = "";
	localtime_r(&seconds, &tm);
	strftime(name, sizeof(name), "%Z", &tm);
	strftime(offset, sizeof(offset), "%z", &tm);
	if (strcmp(name, "UTC") == 0 && tm.tm_gmtoff == 0)
		snprintf(ret_text, TIME_TEXT_SIZE, "UTC");
	else if (isalpha((unsigned char)name[0]))
		snprintf(ret_text, TIME_TEXT_SIZE, "%s (%.3s:%s)", name, offset, offset + 3);
	else
		snprintf(ret_text, TIME_TEXT_SIZE, "%.3s:%s", offset, offset + 3);
}
