/* SPDX-License-Identifier: MIT */
#include "tests/agent/frail-machine.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

typedef struct FrailFile {
	sqlite3_file base;
	FrailFileId id;
	sqlite3_file *real; /* behind this struct */
} FrailFile;

/* Preloading leaves no other place for them than the file's scope. */
static volatile const FrailControl *control;
static int journal = -1;
static sqlite3_vfs *real_vfs;

static FrailDisk disk(void)
{
	return control ? (FrailDisk)control->disk : FRAIL_DISK_WORKS;
}

/* --- the clock --- */

int clock_gettime(clockid_t clock, struct timespec *now)
{
	int rc = (int)syscall(SYS_clock_gettime, clock, now);

	if (rc == 0 && control && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
		now->tv_sec += control->clock_offset_s;
	return rc;
}

time_t time(time_t *out)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	if (out)
		*out = now.tv_sec;
	return now.tv_sec;
}

int gettimeofday(struct timeval *restrict out, void *restrict zone)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	out->tv_sec = now.tv_sec;
	out->tv_usec = now.tv_nsec / 1000;
	return 0;
}

/* --- the disk --- */

int statvfs(const char *restrict path, struct statvfs *restrict out)
{
	int fd = open(path, O_PATH | O_CLOEXEC);
	int rc = fd < 0 ? -1 : fstatvfs(fd, out);

	if (fd >= 0)
		close(fd);
	if (rc == 0 && disk() == FRAIL_DISK_FULL)
		out->f_bavail = 0;
	return rc;
}

static void record(FrailOp op, const FrailFile *file, int64_t offset, const void *data, size_t len)
{
	FrailRecord head = { op, file->id, (uint64_t)offset, len };
	struct iovec parts[] = { { &head, sizeof(head) }, { (void *)data, len } };

	if (journal < 0 || file->id == FRAIL_FILES_N)
		return;
	if (writev(journal, parts, len > 0 ? 2 : 1) != (ssize_t)(sizeof(head) + len))
		abort(); /* the test's own disk is full: nothing can be learned any more */
}

/* Where SQLite, or the agent, syncs a folder, which is no file of SQLite's. */
static int sync_either(int fd, long call)
{
	const FrailFile folder = { .id = FRAIL_FILE_DB };
	int rc = (int)syscall(call, fd);
	struct stat status;

	if (rc == 0 && fstat(fd, &status) == 0 && S_ISDIR(status.st_mode))
		record(FRAIL_SYNC_FOLDER, &folder, 0, NULL, 0);
	return rc;
}

int fsync(int fd)
{
	return sync_either(fd, SYS_fsync);
}

int fdatasync(int fd)
{
	return sync_either(fd, SYS_fdatasync);
}

static FrailFile *frail(sqlite3_file *file)
{
	return (FrailFile *)(void *)file;
}

static int file_close(sqlite3_file *file)
{
	sqlite3_file *real = frail(file)->real;

	return real->pMethods->xClose(real);
}

static int file_read(sqlite3_file *file, void *out, int len, sqlite3_int64 offset)
{
	sqlite3_file *real = frail(file)->real;

	return real->pMethods->xRead(real, out, len, offset);
}

static int file_write(sqlite3_file *file, const void *data, int len, sqlite3_int64 offset)
{
	sqlite3_file *real = frail(file)->real;
	sqlite3_int64 size = 0;

	if (disk() == FRAIL_DISK_FAILS)
		return SQLITE_IOERR_WRITE;
	if (disk() != FRAIL_DISK_WORKS && real->pMethods->xFileSize(real, &size) == SQLITE_OK &&
	    offset + len > size)
		return SQLITE_FULL;
	record(FRAIL_WRITE, frail(file), offset, data, (size_t)len);
	return real->pMethods->xWrite(real, data, len, offset);
}

static int file_truncate(sqlite3_file *file, sqlite3_int64 size)
{
	sqlite3_file *real = frail(file)->real;

	if (disk() == FRAIL_DISK_FAILS)
		return SQLITE_IOERR_TRUNCATE;
	record(FRAIL_TRUNCATE, frail(file), size, NULL, 0);
	return real->pMethods->xTruncate(real, size);
}

static int file_sync(sqlite3_file *file, int flags)
{
	sqlite3_file *real = frail(file)->real;

	if (disk() == FRAIL_DISK_FAILS)
		return SQLITE_IOERR_FSYNC;

	for (int32_t waited = 0; control && waited < control->sync_ms; waited++)
		usleep(1000);

	int rc = real->pMethods->xSync(real, flags);

	if (rc == SQLITE_OK)
		record(FRAIL_SYNC, frail(file), 0, NULL, 0);
	return rc;
}

static int file_size(sqlite3_file *file, sqlite3_int64 *size)
{
	sqlite3_file *real = frail(file)->real;

	return real->pMethods->xFileSize(real, size);
}

static int file_lock(sqlite3_file *file, int level)
{
	sqlite3_file *real = frail(file)->real;

	return real->pMethods->xLock(real, level);
}

static int file_unlock(sqlite3_file *file, int level)
{
	sqlite3_file *real = frail(file)->real;

	return real->pMethods->xUnlock(real, level);
}

static int file_reserved(sqlite3_file *file, int *out)
{
	sqlite3_file *real = frail(file)->real;

	return real->pMethods->xCheckReservedLock(real, out);
}

static int file_control(sqlite3_file *file, int op, void *argument)
{
	sqlite3_file *real = frail(file)->real;

	return real->pMethods->xFileControl(real, op, argument);
}

static int file_sector(sqlite3_file *file)
{
	sqlite3_file *real = frail(file)->real;

	return real->pMethods->xSectorSize(real);
}

static int file_traits(sqlite3_file *file)
{
	sqlite3_file *real = frail(file)->real;

	return real->pMethods->xDeviceCharacteristics(real);
}

/* Version 1: no shared memory, which a spool that is locked exclusively does without. */
static const sqlite3_io_methods methods = {
	.iVersion = 1,
	.xClose = file_close,
	.xRead = file_read,
	.xWrite = file_write,
	.xTruncate = file_truncate,
	.xSync = file_sync,
	.xFileSize = file_size,
	.xLock = file_lock,
	.xUnlock = file_unlock,
	.xCheckReservedLock = file_reserved,
	.xFileControl = file_control,
	.xSectorSize = file_sector,
	.xDeviceCharacteristics = file_traits,
};

static FrailFileId id_of(int flags)
{
	if (flags & SQLITE_OPEN_MAIN_DB)
		return FRAIL_FILE_DB;
	if (flags & SQLITE_OPEN_WAL)
		return FRAIL_FILE_WAL;
	return flags & SQLITE_OPEN_MAIN_JOURNAL ? FRAIL_FILE_JOURNAL : FRAIL_FILES_N;
}

static int vfs_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *file, int flags, int *out)
{
	FrailFile *self = frail(file);

	self->id = id_of(flags);
	self->real = (sqlite3_file *)(void *)(self + 1);

	int rc = real_vfs->xOpen(real_vfs, path, self->real, flags, out);

	self->base.pMethods = rc == SQLITE_OK ? &methods : NULL;
	return rc;
}

static int vfs_delete(sqlite3_vfs *vfs, const char *path, int sync_dir)
{
	FrailFile file = { .id = FRAIL_FILES_N };
	size_t len = strlen(path);

	if (len > 4 && strcmp(path + len - 4, "-wal") == 0)
		file.id = FRAIL_FILE_WAL;
	else if (len > 8 && strcmp(path + len - 8, "-journal") == 0)
		file.id = FRAIL_FILE_JOURNAL;
	if (disk() == FRAIL_DISK_FAILS)
		return SQLITE_IOERR_DELETE;

	record(FRAIL_REMOVE, &file, 0, NULL, 0);
	return real_vfs->xDelete(real_vfs, path, sync_dir);
}

static void *open_control(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	void *map = fd < 0 ? MAP_FAILED
			   : mmap(NULL, sizeof(FrailControl), PROT_READ, MAP_SHARED, fd, 0);

	if (fd >= 0)
		close(fd);
	return map == MAP_FAILED ? NULL : map;
}

__attribute__((constructor)) static void begin(void)
{
	static sqlite3_vfs vfs;
	const char *control_path = getenv("FRAIL_CONTROL");
	const char *journal_path = getenv("FRAIL_JOURNAL");

	if (!control_path || !journal_path)
		return;
	control = open_control(control_path);
	journal = open(journal_path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	sqlite3_initialize();
	real_vfs = sqlite3_vfs_find(NULL);
	if (!control || journal < 0 || !real_vfs)
		abort();
	vfs = *real_vfs;
	vfs.iVersion = 2;
	vfs.pNext = NULL;
	vfs.zName = "frail";
	vfs.szOsFile = (int)sizeof(FrailFile) + real_vfs->szOsFile;
	vfs.xOpen = vfs_open;
	vfs.xDelete = vfs_delete;
	sqlite3_vfs_register(&vfs, 1);
}
