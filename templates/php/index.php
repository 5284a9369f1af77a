<?php
// Calls function/handler.php with the body, as the watchdog starts this process for each call.
declare(strict_types=1);

// What went wrong belongs to the log, never into the answer.
ini_set('display_errors', 'stderr');
ini_set('log_errors', '0');

require __DIR__ . '/function/handler.php';

echo (new App\Handler())->handle(stream_get_contents(STDIN));
