/* How many processes a second this machine starts: WORKERS loops of posix_spawn and waitpid for SECONDS, of COMMAND
 * with /dev/null as input and output. Prints the sum. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static double now(void) {
  struct timespec at;
  clock_gettime(CLOCK_MONOTONIC, &at);
  return at.tv_sec + at.tv_nsec / 1e9;
}

static long spawn_for(double seconds, char **command) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
  long count = 0;
  for (double end = now() + seconds; now() < end; count++) {
    pid_t pid;
    int status;
    if (posix_spawnp(&pid, command[0], &actions, NULL, command, environ) != 0) exit(1);
    waitpid(pid, &status, 0);
  }
  return count;
}

int main(int argc, char **argv) {
  if (argc < 4) return 2;
  int workers = atoi(argv[1]);
  double seconds = atof(argv[2]);
  int pipes[2];
  if (pipe(pipes) != 0) return 1;
  for (int i = 0; i < workers; i++)
    if (fork() == 0) {
      long count = spawn_for(seconds, argv + 3);
      return write(pipes[1], &count, sizeof count) == sizeof count ? 0 : 1;
    }
  long total = 0, count;
  for (int i = 0; i < workers; i++)
    if (read(pipes[0], &count, sizeof count) == sizeof count) total += count;
  while (wait(NULL) > 0) {
  }
  printf("%.1f\n", total / seconds);
  return 0;
}
