<?php
declare(strict_types=1);

require __DIR__ . '/handler.php';

$failed = 0;
foreach (["Ada\n" => "Hello, Ada!\n", '' => "Hello, world!\n"] as $body => $wanted) {
    $got = (new App\Handler())->handle($body);
    $failed += $got === $wanted ? 0 : 1;
    echo $got === $wanted ? 'ok' : 'not ok', ' - greets ', json_encode($body), ' with ', json_encode($got), "\n";
}
exit($failed === 0 ? 0 : 1);
