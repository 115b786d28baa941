select 1
;
﻿-- marks
select ‮2;